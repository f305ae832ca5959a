// Reading keys, in one place for every component. Letters match in any case. On a keyboard of another alphabet the key
// at the letter's place matches. Keys are ignored while an input method composes.
//
// A keymap names keys as the browser does ("Enter", "ArrowLeft"), letters in lower case, with "Shift+" or "Ctrl+" before
// them (Ctrl stands for Cmd, too). A letter with Shift that has no entry counts as the letter alone.

const JUST_COMPOSED = 30 // ms after a composition in which an Enter still belongs to it, since Safari sends the events in that order
const MAY_REPEAT = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "+", "=", "-"]) // keys that repeat while held down
const NAMED = /^[A-Z][A-Za-z0-9]+$/,
  LATIN = /^[a-z]$/,
  ALPHABET = /^[\p{L}\p{M}\u200c\u200d]+$/u,
  OF_LATIN = /\p{Script=Latin}/u
/** @typedef {Record<string, (event: KeyboardEvent) => void>} Keymap */

// The element in which an event began, also inside a shadow root.
/** @param {Event} event @returns {Element | null} */
export function originOf(event) {
  const [first] = event.composedPath()
  return first instanceof Element ? first : null
}

let composed = -Infinity

// Whether an input method composes a word. `keyCode` is the only sign of it in some browsers.
/** @param {KeyboardEvent} event @returns {boolean} */
export const composing = (event) =>
  event.isComposing || event.keyCode === 229 || (event.key === "Enter" && event.timeStamp - composed < JUST_COMPOSED)

// Whether text that changed is part of a word that an input method composes.
/** @param {Event} event @returns {boolean} */
export const composingText = (event) => event instanceof InputEvent && event.isComposing

// Listen to the keys of a component, without those of an input method. Returns a function that ends it.
/** @param {EventTarget} target @param {(event: KeyboardEvent) => void} act @returns {() => void} */
export function onKeys(target, act) {
  /** @param {Event} event */
  const heard = (event) => {
    if (event instanceof KeyboardEvent && !composing(event)) {
      act(event)
    }
  }
  target.addEventListener("keydown", heard)
  return () => target.removeEventListener("keydown", heard)
}

// Rules of a whole component: the Enter that ends a composition does nothing else, and a key that is held down presses
// a button or sends a form only once.
/** @param {HTMLElement} root */
export function guardKeys(root) {
  root.addEventListener(
    "compositionend",
    (event) => {
      composed = event.timeStamp
    },
    true,
  )
  root.addEventListener(
    "keydown",
    (event) => {
      if (composing(event)) {
        if (event.key === "Enter") {
          event.preventDefault()
        }
        event.stopImmediatePropagation()
      } else if (
        event.repeat &&
        (event.key === "Enter" || event.key === " ") &&
        originOf(event)?.matches("button, summary, a, input")
      ) {
        if (event.key === "Enter" || !isTyping(event)) {
          event.preventDefault()
        }
      }
    },
    true,
  )
}

// Whether the key goes into a text field.
/** @param {KeyboardEvent} event @returns {boolean} */
export function isTyping(event) {
  const target = originOf(event)
  if (!(target instanceof HTMLElement)) {
    return false
  }
  const takesLetters =
    target instanceof HTMLInputElement
      ? !/^(range|checkbox|radio|button|submit)$/.test(target.type)
      : target.matches("textarea, select")
  return target.isContentEditable || takesLetters
}

// Whether the key presses the button that has the focus.
/** @param {KeyboardEvent} event */
export const presses = (event, buttons = "button, summary, a") =>
  (event.key === "Enter" || event.key === " ") && Boolean(originOf(event)?.matches(buttons))

/** @param {KeyboardEvent} event */
export const onlyModifies = (event) =>
  /^(Shift|Control|Alt|AltGraph|Meta|OS|CapsLock|NumLock|Fn|FnLock|Hyper|Super|Symbol|ScrollLock)$/.test(event.key)

// The name of a key's entry in a keymap, or "".
/** @param {KeyboardEvent} event @param {object} keymap @returns {string} */
export function keyIn(event, keymap) {
  if (composing(event) || event.altKey || event.getModifierState?.("AltGraph")) {
    return ""
  }
  const command = event.ctrlKey || event.metaKey ? "Ctrl+" : "",
    has = (/** @type {string} */ name) => name !== "" && Object.hasOwn(keymap, name)
  for (const key of readings(event)) {
    const shifted = event.shiftKey && LATIN.test(key) ? `${command}Shift+${key}` : ""
    if (has(shifted)) {
      return shifted
    }
    if (has(command + key) && !(command && event.shiftKey)) {
      return command + key
    }
  }
  return ""
}

// Run a key's entry in a keymap. Returns whether there is one.
/** @param {KeyboardEvent} event @param {Keymap} keymap @returns {boolean} */
export function pressKey(event, keymap) {
  const name = keyIn(event, keymap)
  if (!name) {
    return false
  }
  event.preventDefault()
  if (!event.repeat || MAY_REPEAT.has(name)) {
    keymap[name]?.(event)
  }
  return true
}

// Possible readings of a key, the likeliest first: its printed letter, then the letter at its place.
/** @param {KeyboardEvent} event @returns {string[]} */
function readings(event) {
  const key = event.key ?? ""
  if (NAMED.test(key)) {
    return [key]
  }
  const printed = key.normalize("NFKC").toLowerCase().replace("\u0307", "") // İ is an i, a full-width ｙ a y
  return LATIN.test(printed) ? [printed] : [printed, atPlace(event, printed)].filter(Boolean)
}

/** @param {KeyboardEvent} event @param {string} printed @returns {string} */
function atPlace(event, printed) {
  const [, letter] = /^Key([A-Z])$/.exec(event.code ?? "") ?? [],
    [, digit] = /^(?:Digit|Numpad)([0-9])$/.exec(event.code ?? "") ?? []
  const foreign = ALPHABET.test(printed) && !OF_LATIN.test(printed)
  if (letter) {
    return foreign ? letter.toLowerCase() : ""
  }
  if (digit) {
    return /^\p{Nd}$/u.test(printed) || !event.shiftKey ? digit : ""
  } // a French keyboard prints & on the key of 1
  if (event.code === "Slash" && !/^[ -~]*$/.test(printed) && !OF_LATIN.test(printed)) {
    return event.shiftKey ? "?" : "/"
  }
  return ""
}
