// Building blocks of all components: elements whose words are set as text, never as markup, and pictures from bytes.

import { guardKeys } from "./keys.js"

/** @typedef {keyof HTMLElementTagNameMap} Tag */

/**
 * @template {Tag} Name
 * @param {Name} tag
 * @param {string} [classes]
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function node(tag, classes) {
  const element = document.createElement(tag)
  if (classes) {
    element.className = classes
  }
  return element
}

/**
 * @template {Tag} Name
 * @param {Name} tag
 * @param {string} classes
 * @param {string} words
 */
export function text(tag, classes, words) {
  const element = node(tag, classes)
  element.textContent = words
  return element
}

/**
 * @param {string} classes
 * @param {string} words
 * @param {string} help words of a tooltip; "" for none
 * @param {(event: MouseEvent) => void} act
 */
export function button(classes, words, help, act) {
  const element = text("button", classes, words)
  element.type = "button"
  if (help) {
    element.title = help
  }
  element.addEventListener("click", (event) => act(event))
  return element
}

// Set the options of a select or of a group in it (value, words, optional help). Equal options are not replaced, since
// that would close an open list.
/**
 * @param {HTMLSelectElement | HTMLOptGroupElement} box
 * @param {(readonly [value: string, words: string, help?: string])[]} entries
 */
export function options(box, entries) {
  const now = JSON.stringify(entries)
  if (box.dataset.listed === now) {
    return
  }
  box.dataset.listed = now
  box.replaceChildren(
    ...entries.map(([value, words, help]) => {
      const option = text("option", "", words)
      option.value = value
      option.title = help ?? ""
      return option
    }),
  )
}

/** @typedef {string | number} Key */
/** @typedef {ReturnType<typeof makePictures>} Pictures */

// Addresses of pictures. They are kept while the pictures are shown and freed afterwards, so that memory does not grow.
export function makePictures(mime = "image/webp") {
  /** @type {Map<Key, string>} */
  const urls = new Map()
  return {
    /** @param {Key} key @param {ArrayBuffer} bytes */
    address(key, bytes) {
      const url = urls.get(key) ?? URL.createObjectURL(new Blob([bytes], { type: mime }))
      urls.set(key, url)
      return url
    },
    /** @param {Key[]} keys */
    keep(keys) {
      const wanted = new Set(keys)
      for (const [key, url] of urls) {
        if (!wanted.has(key)) {
          URL.revokeObjectURL(url)
          urls.delete(key)
        }
      }
    },
    count: () => urls.size,
  }
}

// Save bytes as a file in the browser.
/** @param {Server.SavedFile} file */
export function saveFile({ name, mime, data }) {
  const link = node("a"),
    address = URL.createObjectURL(new Blob([data], { type: mime }))
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

// The focused element in the tree of an element, which may be a shadow tree.
/** @param {Element} element @returns {HTMLElement | null} */
export function focusedBeside(element) {
  const tree = element.getRootNode()
  const focused = tree instanceof Document || tree instanceof ShadowRoot ? tree.activeElement : null
  return focused instanceof HTMLElement ? focused : null
}

// Call the function of each message's type. A type without a function is ignored.
/**
 * @template {{ type: string }} Received
 * @param {{ on: (event: "msg:custom", heard: (message: Received) => void) => void }} model
 * @param {Server.Handlers<Received>} handlers
 */
export function hearMessages(model, handlers) {
  model.on("msg:custom", (message) => {
    // The type chooses a function that takes this message; tsc cannot follow a choice by name.
    const act = /** @type {Partial<Record<string, (message: any) => void>>} */ (handlers)[message.type]
    act?.(message)
  })
}

// The root element of a component. It follows the theme and ignores the keys of input methods.
/**
 * @template {Tag} Name
 * @param {{ readonly dark: boolean, on: (event: "dark", heard: () => void) => void }} model
 * @param {Name} tag
 * @param {string} classes
 */
export function makeRoot(model, tag, classes) {
  const root = node(tag, `bam ${classes}`)
  const theme = () => root.classList.toggle("dark", model.dark)
  model.on("dark", theme)
  theme()
  guardKeys(root)
  return root
}
