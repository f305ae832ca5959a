// The choices of the map, one line above it: selects and switches, made from what the server lists.

export function render({ model }) {
  const root = node("div", "toolbar ex-toolbar")
  root.setAttribute("role", "toolbar")
  root.setAttribute("aria-label", "View of the map")
  let parts = new Map()

  function rebuild() {
    parts = new Map()
    root.replaceChildren(...model.choices.map((entry) => entry.kind === "switch" ? toggle(entry) : select(entry)))
    update()
  }
  function select(entry) {
    const label = node("label"), words = node("span"), box = node("select")
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
    parts.set(entry.name, { element: label, set: (value) => { box.value = value } })
    return label
  }
  function toggle(entry) {
    const button = node("button")
    button.type = "button"
    button.textContent = entry.label
    button.title = entry.help
    button.addEventListener("click", () => model.send_msg({ name: entry.name, value: button.getAttribute("aria-pressed") !== "true" }))
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
  theme()
  rebuild()
  return root
}

function node(tag, classes) {
  const element = document.createElement(tag)
  if (classes) { element.className = classes }
  return element
}
