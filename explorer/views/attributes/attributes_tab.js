// The Attributes tab. It shows one of three screens: the list, one attribute, or the form.

import { AttributeDetail } from "./detail.js"
import { AttributeForm } from "./form.js"
import { AttributeList } from "./list.js"
import { makeInstructionsOverlay } from "./instructions.js"
import { button, hearMessages, makePictures, makeRoot, node, saveFile, text } from "../common/elements.js"
import { isTyping, onKeys, pressKey } from "../common/keys.js"

/**
 * What the screens may do, by name.
 * @typedef {Object} Acts
 * @property {() => void} create
 * @property {(name: string) => void} open
 * @property {() => void} close
 * @property {(entry: Server.DetailMessage) => void} edit
 * @property {(slot: string) => void} leave
 * @property {(name: string) => void} answer
 * @property {(name: string) => void} rounds
 * @property {(name: string) => void} audit
 * @property {(name: string, archived: boolean) => void} archive
 * @property {(name: string, agree: number) => void} agree
 * @property {(name: string, requirements: Server.RequirementsRecord) => void} requirements
 * @property {(name: string) => void} people
 * @property {(name: string, count: number) => void} gold
 * @property {(name: string, image: string) => void} retire
 * @property {(name: string, person: string, allowed: boolean | null) => void} permit
 * @property {(name: string, kind: string) => void} export
 * @property {(kind: string, from: string, room: number) => void} example
 * @property {(message: { name: string, seen_version: number, form: Fields }) => void} save
 * @property {(images: string[]) => void} want
 * @property {(entry: Server.DetailMessage) => void} instruct
 */
/** @typedef {Omit<import("./drafts.js").FormValues, "name" | "group" | "seen_version">} Fields */
/** @typedef {ReturnType<typeof makeExamplePictures>} ExamplePictures */
/** @typedef {Pick<Server.Note, "text" | "kind"> & { undo?: Server.Undo | null, answer?: string }} ShownNote */

const makeExamplePictures = () => ({
  bytes: /** @type {Map<string, ArrayBuffer>} */ (new Map()),
  ...makePictures("image/jpeg"),
})

/** @typedef {import("../common/keys.js").Keymap} Keymap */
/** @typedef {"list" | "detail" | "form"} Screen */

class AttributesTab {
  #model
  root
  #pictures = makeExamplePictures()
  #notes = node("div", "notes")
  #overlay = node("div")
  /** @type {Screen} */
  #screen = "list"
  #acts
  #list
  #detail
  #form

  /** @param {{ model: Server.AttributesTab }} panel */
  constructor({ model }) {
    this.#model = model
    this.root = makeRoot(this.#model, "div", "board ex-board")
    this.root.tabIndex = -1
    this.#notes.setAttribute("role", "status")
    this.#acts = this.#makeActs()
    this.#list = new AttributeList(this.#model, this.#acts)
    this.#detail = new AttributeDetail(this.#model, this.#acts)
    this.#form = new AttributeForm(this.#model, this.#pictures, this.#acts)
    this.root.append(this.#notes, this.#list.box, this.#detail.box, this.#form.box, this.#overlay)
    this.#hearKeys()
    this.#hearServer()
    this.#list.show()
    this.#go("list")
    this.#reopen()
    this.#send({ type: "hello" })
  }

  /** @returns {Acts} */
  #makeActs() {
    return {
      create: () => {
        this.#form.create()
        this.#go("form")
      },
      open: (name) => {
        this.#send({ type: "open", name })
      },
      close: () => {
        const name = this.#detail.name()
        this.#send({ type: "close" })
        this.#detail.forget()
        this.#go("list")
        this.#list.focus(name)
      },
      edit: (entry) => {
        this.#form.edit(entry)
        for (const one of entry.examples) {
          this.#pictures.bytes.set(one.image, one.picture)
        }
        this.#form.refill()
        this.#go("form")
      },
      leave: (slot) => {
        this.#form.close()
        this.#go(this.#detail.name() === slot ? "detail" : "list")
        if (this.#screen === "detail") {
          this.#detail.focus()
        } else {
          this.#list.focus(slot)
        }
      },
      answer: (name) => this.#send({ type: "answer", name }),
      rounds: (name) => this.#send({ type: "rounds", name }),
      audit: (name) => this.#send({ type: "audit", name }),
      archive: (name, archived) => this.#send({ type: "archive", name, archived }),
      agree: (name, agree) => this.#send({ type: "agree", name, agree }),
      requirements: (name, requirements) => this.#send({ type: "requirements", name, requirements }),
      people: (name) => this.#send({ type: "people", name }),
      gold: (name, count) => this.#send({ type: "gold", name, count }),
      retire: (name, image) => this.#send({ type: "retire", name, image }),
      permit: (name, person, allowed) => this.#send({ type: "permit", name, person, allowed }),
      export: (name, kind) => this.#send({ type: "export", name, kind }),
      example: (kind, from, most) => this.#send({ type: "example", kind, from, most }),
      save: (message) => this.#send({ type: "save", ...message }),
      want: (images) => {
        const lacking = images.filter((image) => !this.#pictures.bytes.has(image))
        if (lacking.length) {
          this.#send({ type: "pictures", images: lacking })
        }
      },
      instruct: (entry) =>
        this.#overlay.replaceChildren(
          makeInstructionsOverlay(entry, () => {
            this.#overlay.replaceChildren()
            this.#detail.focus()
          }),
        ),
    }
  }

  #hearKeys() {
    // For each screen: keys that also work while the user types, and keys that do not.
    /** @type {Record<Screen, [always: Keymap, letters: Keymap]>} */
    const keymaps = {
      list: [{}, { "/": () => this.#list.find(), n: this.#acts.create }],
      detail: [
        { Escape: this.#acts.close },
        {
          e: () => this.#withDetail(this.#acts.edit),
          i: () => this.#withDetail(this.#acts.instruct),
          a: () =>
            this.#withDetail((detail) => {
              if (!detail.archived) {
                this.#acts.answer(detail.name)
              }
            }),
        },
      ],
      form: [{ Escape: () => this.#acts.leave(this.#form.slot()), "Ctrl+Enter": () => this.#form.save() }, {}],
    }
    onKeys(this.root, (event) => {
      const [always, letters] = keymaps[this.#screen]
      if (pressKey(event, isTyping(event) ? always : { ...always, ...letters })) {
        event.stopPropagation()
      }
    })
  }

  /** @param {(detail: Server.DetailMessage) => void} act */
  #withDetail(act) {
    const detail = this.#detail.detail()
    if (detail) {
      act(detail)
    }
  }

  #hearServer() {
    hearMessages(this.#model, this.#makeHandlers())
    this.#model.on("rows", () => {
      this.#list.show()
      this.#detail.numbers()
    })
    this.#model.on("ready", () => this.#list.show())
    this.#model.on("problem", () => this.#list.show())
    this.#model.on("selected", () => this.#form.refill())
    this.#model.on("chosen", () => this.#form.refill())
    this.#model.on("remove", () => this.#pictures.keep([]))
  }

  /** @returns {Server.Handlers<Server.AttributesTabReceived>} */
  #makeHandlers() {
    return {
      create: () => {
        if (this.#screen !== "form") {
          this.#acts.create()
        } else {
          this.#form.focus() // its text stays
        }
      },
      detail: (message) => {
        const wanted = this.#screen === "list" || this.#detail.name() !== message.name
        this.#detail.show(message)
        if (this.#screen === "form" && this.#form.slot() === message.name) {
          this.#newer(message)
          return
        }
        if (this.#screen !== "form") {
          this.#go("detail")
        }
        if (wanted) {
          this.#detail.focus()
          this.root.scrollTop = 0
        }
      },
      pictures: (message) => {
        for (const one of message.pictures) {
          this.#pictures.bytes.set(one.image, one.picture)
        }
        this.#form.refill()
      },
      example: (message) => this.#form.add(message),
      people: (message) => this.#detail.people(message),
      refused: (message) => this.#form.refuse(message.problems),
      conflict: (message) => this.#form.conflict(message),
      saved: (message) => {
        this.#form.saved()
        this.#go("list")
        this.#note({
          kind: "info",
          text: `Saved as version ${message.version}.`,
          answer: message.version === 1 ? message.name : "",
        })
      },
      note: (message) => {
        this.#form.again()
        this.#note(message)
      },
      file: saveFile,
    }
  }

  /** @param {Server.AttributesTabSent} message */
  #send(message) {
    this.#model.send_msg(message)
  }

  /** @param {Screen} next */
  #go(next) {
    this.#screen = next
    this.root.dataset.screen = next
    this.#list.box.hidden = next !== "list"
    this.#detail.box.hidden = next !== "detail"
    this.#form.box.hidden = next !== "form"
    if (next === "form") {
      this.#form.focus()
    }
    try {
      sessionStorage.setItem(`${this.#model.key}:screen`, next === "form" ? this.#form.slot() : "")
    } catch {
      /* not kept */
    }
  }

  /** @param {ShownNote} message */
  #note(message) {
    const line = node("div", `note ${message.kind}`)
    line.append(text("p", "", message.text))
    const answer = message.answer
    if (answer) {
      line.append(
        button("primary answer-now", "Answer now", "Answer questions about this attribute now", () => {
          line.remove()
          this.#acts.answer(answer)
        }),
      )
    }
    const undo = message.undo
    if (undo) {
      line.append(
        button("undo", "Undo", "", () => {
          line.remove()
          this.#send(undo)
        }),
      )
    }
    const shut = button("plain", "×", "Close", () => line.remove())
    shut.setAttribute("aria-label", "Close")
    line.append(shut)
    this.#notes.replaceChildren(line)
  }

  /** @param {Server.DetailMessage} message */
  #newer(message) {
    if (message.version > this.#form.seen()) {
      this.#note({
        kind: "info",
        text: `${message.title} was changed meanwhile (version ${message.version}). Press Save to see both texts. Your text is not lost.`,
      })
    }
  }

  // After a reload, return to the form that was being filled in.
  #reopen() {
    let slot
    try {
      slot = sessionStorage.getItem(`${this.#model.key}:screen`) ?? ""
    } catch {
      return
    }
    if (slot === "new" && this.#form.hasKept("new")) {
      this.#acts.create()
    }
  }
}

/** @param {{ model: Server.AttributesTab }} panel */
export function render({ model }) {
  return new AttributesTab({ model }).root
}
