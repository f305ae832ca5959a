// The search box: Enter or a pause searches, Escape leaves. On a served page "/" focuses it.

import { hearMessages, makeRoot, node, text } from "../common/elements.js"
import { composingText, isTyping, onKeys, pressKey } from "../common/keys.js"

const PAUSE = 450 // ms without a key after which the search starts
const SHORTEST = 2 // fewest letters for a search after a pause

class SearchBox {
  #model
  root
  #input = node("input")
  #state = node("span", "result")
  #advice = node("div", "advice")
  #bar = node("div", "bar")
  #timer = 0
  #asked = ""

  /** @param {{ model: Server.SearchBox }} panel */
  constructor({ model }) {
    this.#model = model
    this.root = makeRoot(this.#model, "div", "search ex-search")
    Object.assign(this.#input, {
      type: "search",
      placeholder: "Search captions",
      maxLength: 1000,
      autocomplete: "off",
      spellcheck: false,
    })
    this.#input.setAttribute("aria-label", "Search captions and keywords")
    this.#input.title = "Search captions and keywords. Enter searches, Esc leaves, / returns here."
    const hint = text("kbd", "hint", "/")
    this.#state.setAttribute("role", "status")
    this.#advice.setAttribute("role", "alert")
    const field = node("div", "field")
    field.append(this.#input, hint, this.#bar)
    this.root.append(field, this.#state, this.#advice)
    this.#input.addEventListener("input", this.#typed)
    this.#input.addEventListener("compositionend", this.#typed)
    onKeys(this.#input, (event) => {
      pressKey(event, {
        Enter: () => this.#search(true),
        Escape: () => {
          this.#advice.hidden = true
          this.#input.blur()
        },
      })
      event.stopPropagation()
    })
    this.#input.addEventListener("blur", () => {
      this.#advice.hidden = true
    })
    hint.hidden = !this.#model.served
    this.#model.on("served", () => {
      hint.hidden = !this.#model.served
    })
    for (const name of /** @type {const} */ (["busy", "share", "result", "advice"])) {
      this.#model.on(name, this.#show)
    }
    const stopKeys = onKeys(document, (event) => {
      if (this.#model.served && !isTyping(event)) {
        pressKey(event, { "/": this.#takeFocus })
      }
    })
    hearMessages(this.#model, { focus: () => this.#takeFocus() })
    this.#model.on("remove", () => {
      stopKeys()
      clearTimeout(this.#timer)
    })
    this.#show()
  }

  /** @param {boolean} now */
  #search(now) {
    clearTimeout(this.#timer)
    const words = this.#input.value.trim()
    if (!words && this.#asked) {
      this.#asked = ""
      this.#model.send_msg({ text: "" })
    }
    if (!words || (words === this.#asked && !now) || (words.length < SHORTEST && !now)) {
      return
    }
    this.#asked = words
    this.root.dataset.asked = words
    this.#model.send_msg({ text: words })
  }

  /** @param {Event} event */
  #typed = (event) => {
    clearTimeout(this.#timer)
    this.#advice.hidden = true
    if (!composingText(event)) {
      this.#timer = setTimeout(() => this.#search(false), this.#input.value ? PAUSE : 0)
    } // an unfinished word of an input method is not searched
  }

  #takeFocus = () => {
    this.#input.focus()
    this.#input.select()
  }

  #show = () => {
    this.#state.textContent = this.#model.busy
      ? `searching … ${Math.round(this.#model.share * 100)} %`
      : this.#model.result
    this.#advice.textContent = this.#model.advice
    this.#advice.hidden = !this.#model.advice
    this.#bar.hidden = !this.#model.busy
    this.#bar.style.width = `${Math.max(4, this.#model.share * 100)}%`
    this.root.classList.toggle("nothing", Boolean(this.#model.advice))
  }
}

/** @param {{ model: Server.SearchBox }} panel */
export function render({ model }) {
  return new SearchBox({ model }).root
}
