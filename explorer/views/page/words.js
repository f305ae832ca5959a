// Untrusted words, set as text.

import { makeRoot, text } from "../common/elements.js"

/** @param {{ model: Server.Words }} panel */
export function render({ model }) {
  const root = makeRoot(model, "div", "words ex-words")
  const heading = text("strong", "", ""),
    words = text("span", "", "")
  root.append(heading, words)
  function show() {
    heading.textContent = model.heading
    heading.hidden = !model.heading
    words.textContent = model.words
    root.classList.toggle("problem", model.problem)
    if (model.problem) {
      root.setAttribute("role", "alert")
    } else {
      root.removeAttribute("role")
    }
  }
  for (const name of /** @type {const} */ (["heading", "words", "problem"])) {
    model.on(name, show)
  }
  show()
  return root
}
