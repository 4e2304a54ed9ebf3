"""Videos as people have them: turned, of uneven rate, damaged, or none at all. Made by ffmpeg, in milliseconds."""

import subprocess
from pathlib import Path

from play_fair.videos.ffmpeg import find_executable


def ffmpeg(*arguments):
    """Run ffmpeg."""
    subprocess.run([find_executable("ffmpeg"), "-nostdin", "-v", "error", "-y", *map(str, arguments)], check=True)


def make_clip(path, size="64x36", rate=10, seconds=1.2, codec="mpeg4", options=()):
    """Write a moving test picture; returns its path."""
    source = f"testsrc2=size={size}:rate={rate}:duration={seconds}"
    ffmpeg("-f", "lavfi", "-i", source, "-c:v", codec, *options, path)
    return Path(path)


def make_upright(path, degrees, **clip):
    """A clip whose container asks for it to be turned; returns its path."""
    lying = make_clip(path.with_name(f"lying-{path.name}"), **clip)
    ffmpeg("-display_rotation", degrees, "-i", lying, "-c", "copy", path)
    lying.unlink()
    return path


def make_uneven(path):
    """8 frames at 10 a second, then 4 at 2 a second; returns its path."""
    uneven = ("-vf", "setpts=if(lt(N\\,8)\\,N\\,8+5*(N-8))/(10*TB)", "-fps_mode", "passthrough")
    return make_clip(path, options=uneven)


def make_sound(path, cover=False):
    """A tone, with a picture of a cover where asked for; returns its path."""
    picture = ("-f", "lavfi", "-i", "testsrc2=size=32x32", "-frames:v", 1, "-c:v", "mjpeg") if cover else ()
    disposition = ("-map", 0, "-map", 1, "-disposition:v", "attached_pic") if cover else ()
    ffmpeg("-f", "lavfi", "-i", "sine=duration=0.3", *picture, *disposition, "-c:a", "aac", path)
    return Path(path)


def scramble(path, begin, length):
    """Overwrite bytes of a file with others, always the same; returns its path."""
    content = bytearray(path.read_bytes())
    content[begin : begin + length] = bytes((7 * index * index + 3) % 256 for index in range(length))
    path.write_bytes(content)
    return path
