// Boxes that scroll can be reached by keyboard, and only those. Each is looked at when its content is laid out, and
// can be reached until then; the theme would lay out the whole page for it.
const boxes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const content = target.firstElementChild;
    if (content && !content.checkVisibility({ contentVisibilityAuto: true })) continue;
    const scrolls = target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight + 1;
    if (scrolls && getComputedStyle(target).overflowX !== "visible") target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const kind of ["pre", ".cell_output > .output", ".pst-scrollable-table-container", ".formula"]) {
  for (const box of document.querySelectorAll(kind)) {
    box.tabIndex = 0;
    boxes.observe(box);
  }
}

// The source of a page is saved. A page opened as a file may not save another file, but what a script hands to it.
function saveSource(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
for (const link of document.querySelectorAll('a[href*="_sources/"]')) {
  link.download = "";
  link.removeAttribute("target");
  if (location.protocol === "file:") {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const script = document.createElement("script");
      script.src = `${link.href}.js`;
      document.head.append(script);
    });
  }
}
