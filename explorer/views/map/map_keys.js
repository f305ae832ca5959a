// The keys of the map. With the map in focus, or nothing, all of them; with the focus elsewhere on a page of our own those
// that mean nothing else there, so that nobody has to find out where the focus is. What a field, a list or a tab takes
// for itself never comes here.

import { isTyping, onKeys, pressKey, presses } from "../shared/keys.js"

export function makeMapKeys(root, model, { everywhere, here }, before) {
  const help = () => root.parts.help
  const shut = {
    Escape: () => {
      help().hidden = true
    },
  }
  let begun = false

  function press(event, keymap) {
    if (presses(event, "button")) {
      return
    }
    before()
    pressKey(event, help().hidden ? keymap : { ...keymap, ...shut })
  }
  onKeys(root, (event) => press(event, { ...everywhere, ...here }))
  /** @returns {boolean} */
  const nothing = () => !document.activeElement || document.activeElement.matches("html, body")
  // On the window, where all others have had their say.
  const deaf = onKeys(window, (event) => {
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
    // The keys are the map's from the first picture on, unless somebody works elsewhere already.
    begin() {
      if (!begun && model.served && nothing()) {
        root.focus({ preventScroll: true })
      }
      begun = true
    },
    end: deaf,
  }
}

// Whether the key belongs to a window or menu over the page.
const isInWindow = (event) =>
  event.composedPath().some((one) => one.matches?.("dialog, [role=dialog], [role=menu], [role=listbox]"))
