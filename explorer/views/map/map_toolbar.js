// The choices of the map, one line above it: selects and switches, made from what the server lists. Where there is no
// room for all of them (see the style sheet), those that are needed less often stand behind a button.

import { node } from "../shared/elements.js"
import { guardKeys, onKeys, pressKey } from "../shared/keys.js"

export function render({ model }) {
  const root = node("div", "toolbar ex-toolbar")
  root.setAttribute("role", "toolbar")
  root.setAttribute("aria-label", "View of the map")
  const more = node("button", "opener"),
    others = node("div", "others")
  let parts = new Map()
  more.type = "button"
  more.textContent = "More"
  more.title = "More choices of the map"
  more.setAttribute("aria-haspopup", "true")
  more.addEventListener("click", () => open(!others.classList.contains("open")))

  function rebuild() {
    parts = new Map()
    const made = model.choices.map((entry) => [entry.often, entry.kind === "switch" ? toggle(entry) : select(entry)])
    others.replaceChildren(...made.filter(([often]) => !often).map(([, element]) => element))
    root.replaceChildren(...made.filter(([often]) => often).map(([, element]) => element), more, others)
    update()
  }
  function open(wished) {
    others.classList.toggle("open", wished)
    more.setAttribute("aria-expanded", wished)
  }
  const elsewhere = (event) => {
    if (!event.composedPath().includes(root)) {
      open(false)
    }
  }
  guardKeys(root)
  onKeys(root, (event) => {
    if (others.classList.contains("open")) {
      pressKey(event, {
        Escape: () => {
          open(false)
          more.focus()
        },
      })
    }
  })
  document.addEventListener("pointerdown", elsewhere)
  function select(entry) {
    const label = node("label"),
      words = node("span"),
      box = node("select")
    words.textContent = entry.label
    label.title = entry.help
    for (const option of entry.options) {
      const item = node("option")
      item.value = option.value
      item.textContent = option.text
      box.append(item)
    }
    box.addEventListener("change", () => model.send_msg({ name: entry.name, value: box.value }))
    label.append(words, box)
    parts.set(entry.name, {
      element: label,
      set: (value) => {
        box.value = value
      },
    })
    return label
  }
  function toggle(entry) {
    const button = node("button")
    button.type = "button"
    button.textContent = entry.label
    button.title = entry.help
    button.addEventListener("click", () =>
      model.send_msg({ name: entry.name, value: button.getAttribute("aria-pressed") !== "true" }),
    )
    parts.set(entry.name, { element: button, set: (value) => button.setAttribute("aria-pressed", value) })
    return button
  }
  function update() {
    for (const [name, part] of parts) {
      part.set(model.values[name])
      part.element.hidden = model.hidden.includes(name)
    }
  }
  const theme = () => root.classList.toggle("dark", model.dark)
  model.on("choices", rebuild)
  model.on("values", update)
  model.on("hidden", update)
  model.on("dark", theme)
  model.on("remove", () => document.removeEventListener("pointerdown", elsewhere))
  theme()
  open(false)
  rebuild()
  return root
}
