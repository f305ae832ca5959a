// The choices above the gallery of answers: label, person and order.

import { makeRoot, node, options, text } from "../common/elements.js"

/** @param {{ model: Server.AnswersChoice }} panel */
export function render({ model }) {
  const root = makeRoot(model, "div", "answers ex-answers")
  /** @type {Map<string, HTMLSelectElement>} */
  const parts = new Map()
  for (const [name, words] of /** @type {const} */ ([
    ["label", "Label"],
    ["person", "Answered by"],
    ["order", "Order"],
  ])) {
    const label = node("label"),
      box = node("select")
    label.append(text("span", "soft", words), box)
    box.addEventListener("change", () => model.send_msg({ name, value: box.value }))
    parts.set(name, box)
    root.append(label)
  }
  function update() {
    for (const [name, box] of parts) {
      options(
        box,
        (model.choices[name] ?? []).map((entry) => /** @type {const} */ ([entry.value, entry.text])),
      )
      box.value = model.values[name] ?? ""
    }
    root.hidden = !(model.choices.label ?? []).length
  }
  model.on("choices", update)
  model.on("values", update)
  update()
  return root
}
