// The instructions for an attribute: its question, rules and example images for yes and no, and the keys.
// `makeInstructions` returns the text, `makeInstructionsOverlay` a dialog that closes with Esc or i.

import { button, node, text } from "../common/elements.js"
import { onKeys, pressKey } from "../common/keys.js"

/** @type {[key: string, words: string][]} */
const ANSWER_KEYS = [
  ["Space", "mark as yes, or remove the mark"],
  ["y n u", "yes, no, unsure"],
  ["Enter", "confirm the page"],
  ["s", "skip"],
  ["z", "undo"],
  ["e", "enlarge"],
  ["i", "these instructions"],
]
const KINDS = /** @type {const} */ ([
  ["yes", "Counts", "counts", "There are no rules for yes yet."],
  ["no", "Does not count", "counts_not", "There are no rules for no yet."],
])

/** @typedef {Omit<Server.InstructionsMessage, "type">} Entry */

/** @param {Entry} entry @param {[key: string, words: string][]} [keys] */
export function makeInstructions(entry, keys = ANSWER_KEYS) {
  const page = node("article", "instructions ex-instructions"),
    sides = node("div", "sides")
  const question = entry.definition || `Does the picture show: ${entry.title}?`
  for (const [kind, title, points, nothing] of KINDS) {
    sides.append(instructionsSide(entry, kind, title, entry[points], nothing))
  }
  page.append(text("h2", "", entry.title), text("p", "question", question), sides)
  if (keys.length) {
    const list = node("dl", "keys")
    for (const [key, words] of keys) {
      const name = node("dt")
      name.append(...key.split(" ").map((one) => text("kbd", "", one)))
      list.append(name, text("dd", "", words))
    }
    page.append(text("h4", "", "Keys"), list)
  }
  page.append(text("p", "version", `Version ${entry.version}, ${longDate(entry.at)}`))
  return page
}

/** @param {Entry} entry @param {"yes" | "no"} kind @param {string} title @param {string[]} points @param {string} nothing */
function instructionsSide(entry, kind, title, points, nothing) {
  const side = node("section", `side ${kind}`),
    list = node("ul"),
    pictures = node("div", "pictures")
  for (const point of points) {
    list.append(text("li", "", point))
  }
  for (const example of entry.examples.filter((one) => one.kind === kind)) {
    const picture = node("img"),
      address = URL.createObjectURL(new Blob([example.picture]))
    picture.alt = kind === "yes" ? "An example that counts" : "An example that does not count"
    picture.onload = picture.onerror = () => URL.revokeObjectURL(address)
    picture.src = address
    pictures.append(picture)
  }
  side.append(text("h3", "", title), points.length ? list : text("p", "soft", nothing))
  if (pictures.children.length) {
    side.append(pictures)
  }
  return side
}

/** @param {Entry} entry @param {() => void} close */
export function makeInstructionsOverlay(entry, close) {
  const overlay = node("dialog", "instructions-overlay ex-instructions-overlay"),
    bar = node("header")
  overlay.setAttribute("aria-label", `Instructions: ${entry.title}`)
  const shut = button("shut", "×", "Close (Esc or i)", close)
  shut.setAttribute("aria-label", "Close")
  bar.append(
    text("span", "soft", "Instructions"),
    button("", "Print", "Print these instructions", () => printInstructions(entry, overlay)),
    shut,
  )
  overlay.append(bar, makeInstructions(entry))
  overlay.addEventListener("cancel", (event) => {
    event.preventDefault()
    close()
  })
  overlay.addEventListener("click", (event) => {
    if (event.target === overlay) {
      close()
    }
  })
  onKeys(overlay, (event) => {
    event.stopPropagation() // a key pressed in this dialog must not answer an image behind it
    pressKey(event, { i: close })
  })
  queueMicrotask(() => {
    if (overlay.isConnected) {
      overlay.showModal()
      overlay.scrollTop = 0
      shut.focus()
    }
  })
  return overlay
}

// Printed from its own frame, because a component cannot hide the page around it.
/** @param {Entry} entry @param {HTMLElement} beside */
async function printInstructions(entry, beside) {
  const frame = node("iframe", "print")
  frame.setAttribute("aria-hidden", "true")
  beside.append(frame)
  const target = frame.contentDocument,
    view = frame.contentWindow
  if (!target || !view) {
    frame.remove()
    return
  }
  const page = makeInstructions(entry, [])
  const style = node("style"),
    paper = node("div", "bam paper")
  style.textContent = stylesOf(beside)
  paper.append(page)
  target.title = entry.title
  target.head.append(style)
  target.body.append(paper)
  const loaded = [...page.querySelectorAll("img")].map((picture) => picture.decode().catch(() => {}))
  view.addEventListener("afterprint", () => frame.remove())
  await Promise.all(loaded)
  view.print()
}

// The style sheets of the tree of an element, as text.
/** @param {HTMLElement} element */
function stylesOf(element) {
  const tree = element.getRootNode()
  if (!(tree instanceof Document || tree instanceof ShadowRoot)) {
    return ""
  }
  const sheets = [...tree.querySelectorAll("style")].map((one) => one.textContent)
  for (const sheet of tree.adoptedStyleSheets ?? []) {
    sheets.push([...sheet.cssRules].map((rule) => rule.cssText).join("\n"))
  }
  return sheets.join("\n")
}

/** @param {number} seconds */
export function longDate(seconds) {
  return new Date(seconds * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" })
}
