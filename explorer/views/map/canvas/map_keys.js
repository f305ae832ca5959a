// The keys of the map. All of them work while the map or nothing has the focus. While the focus is elsewhere on a served
// page, those work that have no other meaning there, so that users need not know where the focus is. Keys that a field,
// a list or a tab uses itself never arrive here.

import { isTyping, onKeys, pressKey, presses } from "../../common/keys.js"

/** @typedef {import("../../common/keys.js").Keymap} Keymap */

/**
 * @param {import("./map_page.js").MapPage} page
 * @param {Server.MapCanvas} model
 * @param {{ everywhere: Keymap, here: Keymap }} keymaps
 * @param {() => void} before
 */
export function makeMapKeys({ root, help }, model, { everywhere, here }, before) {
  const shut = {
    Escape: () => {
      help.box.hidden = true
    },
  }
  let begun = false

  /** @param {KeyboardEvent} event @param {Keymap} keymap */
  function press(event, keymap) {
    if (presses(event, "button")) {
      return
    }
    before()
    pressKey(event, help.box.hidden ? keymap : { ...keymap, ...shut })
  }
  onKeys(root, (event) => press(event, { ...everywhere, ...here }))
  /** @returns {boolean} */
  const nothing = () => !document.activeElement || document.activeElement.matches("html, body")
  // On the window, so that all other listeners come first.
  const stopKeys = onKeys(window, (event) => {
    if (
      !model.served ||
      event.defaultPrevented ||
      event.composedPath().includes(root) ||
      isTyping(event) ||
      isInWindow(event)
    ) {
      return
    }
    press(event, nothing() ? { ...everywhere, ...here } : everywhere)
  })
  return {
    // The map takes the focus with the first picture, unless another element has it.
    begin() {
      if (!begun && model.served && nothing()) {
        root.focus({ preventScroll: true })
      }
      begun = true
    },
    end: stopKeys,
  }
}

// Return whether the key belongs to a dialog or menu over the page.
/** @param {KeyboardEvent} event */
const isInWindow = (event) =>
  event
    .composedPath()
    .some((one) => one instanceof Element && one.matches("dialog, [role=dialog], [role=menu], [role=listbox]"))
