// Building blocks of all components: elements whose words are set as text, never as markup, and pictures from bytes.

import { guardKeys } from "./keys.js"

/**
 * The browser's half of a component as Panel passes it: its properties, events of their changes, and a way to send messages.
 * @typedef {Record<string, any> & { on: (event: string, heard: (message: any) => void) => void, send_msg: (message: object) => void }} Model
 */

/**
 * @param {keyof HTMLElementTagNameMap} tag
 * @param {string} [classes]
 * @returns {any} the element, without its kind, as in `querySelector`
 */
export function node(tag, classes) {
  const element = document.createElement(tag)
  if (classes) {
    element.className = classes
  }
  return element
}

/** @param {keyof HTMLElementTagNameMap} tag @param {string} classes @param {string} words */
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
 * @param {any[][]} entries
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

// Addresses of pictures. They are kept while the pictures are shown and freed afterwards, so that memory does not grow.
export function makePictures(mime = "image/webp") {
  const urls = new Map()
  return {
    address(key, bytes) {
      if (!urls.has(key)) {
        urls.set(key, URL.createObjectURL(new Blob([bytes], { type: mime })))
      }
      return urls.get(key)
    },
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
/** @param {{ name: string, mime: string, data: BlobPart }} file */
export function saveFile({ name, mime, data }) {
  const link = node("a"),
    address = URL.createObjectURL(new Blob([data], { type: mime }))
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

// The root element of a component. It follows the theme and ignores the keys of input methods.
/** @param {Model} model @param {keyof HTMLElementTagNameMap} tag @param {string} classes */
export function makeRoot(model, tag, classes) {
  const root = node(tag, `bam ${classes}`)
  const theme = () => root.classList.toggle("dark", model.dark)
  model.on("dark", theme)
  theme()
  guardKeys(root)
  return root
}
