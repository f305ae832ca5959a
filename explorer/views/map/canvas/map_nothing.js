// The message of an empty map: no image lies here, or no image passes the filters.

import { button, node, text } from "../../common/elements.js"

/** @param {import("./map_page.js").MapPage} page @param {Server.MapCanvas} model @param {() => void} showAll */
export function makeNothing({ root, tip }, model, showAll) {
  const box = node("div", "nothing ex-nothing"),
    words = text("p", "", ""),
    line = node("div", "line")
  const all = button("", "Show all images (0)", "", () => {
    showAll()
    root.focus({ preventScroll: true })
  })
  const lift = button("", "Clear filters", "Switch all filters off", () => {
    model.send_msg({ type: "clear_filters" })
    root.focus({ preventScroll: true })
  })
  box.setAttribute("role", "status")
  box.hidden = true
  line.append(all, lift)
  box.append(words, line)
  root.insertBefore(box, tip.box)

  // `frame`: the server's message about the frame on screen; `whole`: whether the view shows all images.
  /** @param {Server.FrameMessage} frame @param {boolean} whole */
  function show(frame, whole) {
    const none = frame.filtered && frame.passing === 0
    box.hidden = !none && frame.seen > 0
    words.textContent = none
      ? "No image passes the filters."
      : frame.filtered && !frame.dimmed
        ? "No image here passes the filters."
        : whole
          ? "This map has no images."
          : "No images here."
    all.hidden = whole || none
    lift.hidden = !frame.filtered
    root.dataset.nothing = box.hidden ? "" : words.textContent
  }
  return {
    show,
    hide: () => {
      box.hidden = true
      root.dataset.nothing = ""
    },
  }
}
