// The row of tabs of the side panel. A click is sent to the server, which shows the tab.

import { button, makeRoot } from "../common/elements.js"
import { onKeys, pressKey } from "../common/keys.js"

/** @param {{ model: Server.Tabs }} panel */
export function render({ model }) {
  const root = makeRoot(model, "div", "tabs ex-tabs")
  root.setAttribute("role", "tablist")

  /** @type {HTMLButtonElement[]} */
  let tabs = []

  function rebuild() {
    tabs = model.tabs.map((entry) => {
      const tab = button("", entry.title, entry.help, () => model.send_msg({ open: entry.key }))
      tab.setAttribute("role", "tab")
      tab.dataset.tab = entry.key
      return tab
    })
    root.replaceChildren(...tabs)
    mark()
  }
  function mark() {
    for (const tab of tabs) {
      const chosen = tab.dataset.tab === model.open
      tab.setAttribute("aria-selected", String(chosen))
      tab.tabIndex = chosen ? 0 : -1
    }
  }
  onKeys(root, (event) => {
    const at = tabs.findIndex((tab) => tab === event.target)
    const go = (/** @type {number} */ step) => {
      const next = tabs[(at + step + tabs.length) % tabs.length]
      next.focus()
      next.click()
    }
    if (at >= 0) {
      pressKey(event, { ArrowRight: () => go(1), ArrowLeft: () => go(-1) })
    }
  })
  model.on("tabs", rebuild)
  model.on("open", mark)
  rebuild()
  return root
}
