"""For WSGI servers: `gunicorn esv_dashboard.wsgi:server`, with the settings in the environment (settings.py)."""

import os

from esv_dashboard.app import create_app
from esv_dashboard.settings import Settings

server = create_app(Settings.from_environment(os.environ)).server
