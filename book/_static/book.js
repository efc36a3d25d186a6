// Boxes that scroll sideways can be reached by keyboard, and only those.
function letScrollingBoxesTakeFocus() {
  for (const box of document.querySelectorAll("pre, .pst-scrollable-table-container, .formula")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", letScrollingBoxesTakeFocus);
addEventListener("resize", letScrollingBoxesTakeFocus);
