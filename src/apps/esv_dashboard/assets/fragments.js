// What the server sends as HTML, in `data-html` attributes (markup.py), goes on the page here.
//
// What is there already is changed rather than replaced: focus, scrolling and a running video stay as they are. When the
// page has arrived, with the fragments it comes with, there is an event "arrival".
(() => {
  "use strict";

  const changeAttributes = (element, wanted) => {
    for (const name of element.getAttributeNames()) if (!wanted.hasAttribute(name)) element.removeAttribute(name);
    for (const { name, value } of wanted.attributes) {
      if (element.getAttribute(name) !== value) element.setAttribute(name, value);
    }
  };

  const changeChildren = (parent, wanted) => {
    const before = [...parent.childNodes];
    const after = [...wanted.childNodes];
    after.forEach((node, index) => {
      const old = before[index];
      if (!old) {
        parent.append(node);
      } else if (old.nodeName !== node.nodeName) {
        old.replaceWith(node);
      } else if (node.nodeType === Node.TEXT_NODE) {
        if (old.data !== node.data) old.data = node.data;
      } else {
        changeAttributes(old, node);
        changeChildren(old, node);
      }
    });
    before.slice(after.length).forEach((node) => node.remove());
  };

  const fill = (element) => {
    const template = document.createElement("template");
    template.innerHTML = element.dataset.html;
    changeChildren(element, template.content);
  };

  new MutationObserver((changes) => changes.forEach(({ target }) => fill(target))).observe(document, {
    subtree: true,
    attributeFilter: ["data-html"],
  });

  const arrival = new MutationObserver(() => {
    if (!document.getElementById("picker")) return;
    arrival.disconnect();
    document.querySelectorAll("[data-html]").forEach(fill);
    document.dispatchEvent(new Event("arrival"));
  });
  arrival.observe(document.documentElement, { childList: true, subtree: true });
})();
