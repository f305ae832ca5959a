// The keys of the sheet: for a page, for one image, and while a description is typed.

import { isTyping, keyIn, onKeys, onlyModifies, pressKey, presses } from "../common/keys.js"

/** @typedef {import("../common/keys.js").Keymap} Keymap */
/** @typedef {import("./pages.js").Value} Value */

/**
 * @typedef {Object} KeyParts
 * @property {import("./answering.js").Answering} answering
 * @property {import("./acts.js").Acts} acts
 * @property {import("./presence.js").Presence} presence
 * @property {import("./pages.js").Pages} pages
 * @property {import("./sheet.js").Sheet} sheet
 * @property {import("./sheet.js").Enlarged} enlarged
 * @property {() => void} closeInstructions
 */

/** @param {KeyParts} parts @returns {Record<string, Keymap>} */
function keymapsOf({ answering, acts, sheet, enlarged, closeInstructions }) {
  const mark = (/** @type {Value} */ value) => () => answering.mark(value),
    say = (/** @type {Value} */ value) => () => answering.say(value),
    move = (/** @type {() => number} */ by) => () => answering.move(by())
  const shared = {
    z: acts.undo,
    "Shift+z": () => answering.change("redo"),
    e: () => acts.enlarge(),
    s: answering.skip,
    i: acts.instructions,
    w: acts.wide,
    Escape: () => {
      if (answering.doubted) {
        answering.certain()
      } else if (enlarged.open) {
        enlarged.toggle()
      } else {
        closeInstructions()
      }
    },
  }
  const page = {
    ArrowLeft: move(() => -1),
    ArrowRight: move(() => 1),
    ArrowUp: move(() => -sheet.columns()),
    ArrowDown: move(() => sheet.columns()),
    " ": mark("yes"),
    y: mark("yes"),
    n: mark("no"),
    u: mark("unsure"),
    a: () => answering.markAll(),
    Enter: answering.confirm,
    Backspace: answering.previous,
  }
  const single = {
    y: say("yes"),
    n: say("no"),
    u: say("unsure"),
    ArrowLeft: answering.previous,
    Backspace: answering.previous,
    1: say("yes"),
    2: say("no"),
    3: say("unsure"),
  }
  return {
    page: { ...shared, ...page },
    single: { ...shared, ...single },
    caption: { ...shared, ArrowLeft: answering.previous },
  }
}

// Listen to the keys of a tab. Returns a function that stops listening.
/** @param {import("./label_tab.js").LabelTab} tab @param {KeyParts} parts */
export function hearKeys(tab, parts) {
  const { answering, acts, pages, presence } = parts,
    keymaps = keymapsOf(parts)

  /** @param {KeyboardEvent} event */
  function press(event) {
    if (!tab.me) {
      return
    }
    if (isTyping(event)) {
      pressKey(event, { Escape: acts.focus })
      return
    }
    if (presses(event, "button:not(.tile), summary")) {
      return
    }
    const keymap = keymaps[pages.current()?.captions ? "caption" : tab.mode()],
      name = keyIn(event, keymap ?? {})
    if (answering.doubted && !onlyModifies(event) && name !== "Enter" && name !== "Escape") {
      answering.doubted = null // only a second Enter confirms
      tab.update()
    }
    const nothing = { [name]: () => null },
      held = tab.blocked() && name !== "Escape"
    if (held ? name && pressKey(event, nothing) : pressKey(event, keymap ?? {})) {
      event.stopPropagation()
      presence.note()
    }
  }

  const { root } = tab
  onKeys(root, press)
  // While nothing else has the focus the sheet gets the keys, so that no click is needed first.
  return onKeys(document, (event) => {
    if (document.activeElement === document.body && root.offsetParent) {
      press(event)
    }
  })
}
