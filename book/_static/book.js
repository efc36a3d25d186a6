// Boxes that scroll sideways can be reached by keyboard, and only those.
function letScrollingBoxesTakeFocus() {
  for (const box of document.querySelectorAll("pre, .pst-scrollable-table-container, .formula")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", letScrollingBoxesTakeFocus);
addEventListener("resize", letScrollingBoxesTakeFocus);

// The source of a page is saved. Opened as a file, a browser may not do that: there it shows the source in a new tab.
if (location.protocol !== "file:") {
  for (const link of document.querySelectorAll('a[href^="_sources/"]')) {
    link.download = "";
    link.removeAttribute("target");
  }
}
