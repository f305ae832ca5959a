// The tab of attributes: one of three screens at a time, the board, one attribute, or the form.

import { makeAttributeDetail } from "./detail.js"
import { makeAttributeForm } from "./form.js"
import { makeAttributeList } from "./list.js"
import { makeInstructionsOverlay } from "../labeling/instructions.js"
import { button, makePictures, makeRoot, node, saveFile, text } from "../shared/elements.js"
import { isTyping, onKeys, pressKey } from "../shared/keys.js"

export function render({ model }) {
  const root = makeRoot(model, "div", "board ex-board")
  root.tabIndex = -1
  const pictures = { bytes: new Map(), ...makePictures("image/jpeg") }
  const notes = node("div", "notes"),
    overlay = node("div")
  notes.setAttribute("role", "status")
  let screen = "list"

  const send = (message) => model.send_msg(message)
  const acts = {
    create: () => {
      form.create()
      go("form")
    },
    open: (name) => {
      send({ type: "open", name })
    },
    close: () => {
      const name = detail.name()
      send({ type: "close" })
      detail.forget()
      go("list")
      list.focus(name)
    },
    edit: (entry) => {
      form.edit(entry)
      for (const one of entry.examples) {
        pictures.bytes.set(one.image, one.picture)
      }
      form.refill()
      go("form")
    },
    leave(slot) {
      form.close()
      go(detail.name() === slot ? "detail" : "list")
      screen === "detail" ? detail.focus() : list.focus(slot)
    },
    answer: (name) => send({ type: "answer", name }),
    rounds: (name) => send({ type: "rounds", name }),
    audit: (name) => send({ type: "audit", name }),
    archive: (name, archived) => send({ type: "archive", name, archived }),
    agree: (name, agree) => send({ type: "agree", name, agree }),
    bars: (name, bars) => send({ type: "bars", name, bars }),
    people: (name) => send({ type: "people", name }),
    gold: (name, count) => send({ type: "gold", name, count }),
    retire: (name, image) => send({ type: "retire", name, image }),
    permit: (name, person, allowed) => send({ type: "permit", name, person, allowed }),
    export: (name, kind) => send({ type: "export", name, kind }),
    example: (kind, from, room) => send({ type: "example", kind, from, room }),
    save: (message) => send({ type: "save", ...message }),
    want: (images) => {
      const lacking = images.filter((image) => !pictures.bytes.has(image))
      if (lacking.length) {
        send({ type: "pictures", images: lacking })
      }
    },
    instruct: (entry) =>
      overlay.replaceChildren(
        makeInstructionsOverlay(entry, () => {
          overlay.replaceChildren()
          detail.focus()
        }),
      ),
  }
  const list = makeAttributeList(model, acts),
    detail = makeAttributeDetail(model, acts),
    form = makeAttributeForm(model, pictures, acts)
  root.append(notes, list.box, detail.box, form.box, overlay)

  function go(next) {
    screen = next
    root.dataset.screen = next
    list.box.hidden = next !== "list"
    detail.box.hidden = next !== "detail"
    form.box.hidden = next !== "form"
    if (next === "form") {
      form.focus()
    }
    try {
      sessionStorage.setItem(`${model.key}:screen`, next === "form" ? form.slot() : "")
    } catch {
      /* not kept */
    }
  }

  function note(message) {
    const line = node("div", `note ${message.kind}`)
    line.append(text("p", "", message.text))
    if (message.answer) {
      line.append(
        button("primary answer-now", "Answer it", "Answer questions about it now", () => {
          line.remove()
          acts.answer(message.answer)
        }),
      )
    }
    if (message.undo) {
      line.append(
        button("undo", "Undo", "", () => {
          line.remove()
          send(message.undo)
        }),
      )
    }
    const shut = button("plain", "×", "Close", () => line.remove())
    shut.setAttribute("aria-label", "Close")
    line.append(shut)
    notes.replaceChildren(line)
  }

  const told = {
    create: () => {
      if (screen !== "form") {
        acts.create()
      } else {
        form.focus()
      }
    }, // what is typed there stays
    detail(message) {
      const wanted = screen === "list" || detail.name() !== message.name
      detail.show(message)
      if (screen === "form" && form.slot() === message.name) {
        return newer(message)
      }
      if (screen !== "form") {
        go("detail")
      }
      if (wanted) {
        detail.focus()
        root.scrollTop = 0
      }
    },
    pictures(message) {
      for (const one of message.pictures) {
        pictures.bytes.set(one.image, one.picture)
      }
      form.refill()
    },
    example: (message) => form.add(message),
    people: (message) => detail.people(message),
    refused: (message) => form.refuse(message.problems),
    conflict: (message) => form.conflict(message),
    saved(message) {
      form.saved()
      go("list")
      note({
        kind: "info",
        text: `Saved as version ${message.version}.`,
        answer: message.version === 1 ? message.name : "",
      })
    },
    note(message) {
      form.again()
      note(message)
    },
    file: saveFile,
  }
  function newer(message) {
    if (message.version > form.seen()) {
      note({
        kind: "info",
        text: `${message.title} was changed meanwhile (version ${message.version}). Save to see both; nothing you typed is lost.`,
      })
    }
  }

  // By screen; the first of the two hold while one types, too.
  const keymaps = {
    list: [{}, { "/": () => list.find(), n: acts.create }],
    detail: [
      { Escape: acts.close },
      {
        e: () => acts.edit(detail.detail()),
        i: () => acts.instruct(detail.detail()),
        a: () => {
          if (!detail.detail().archived) {
            acts.answer(detail.name())
          }
        },
      },
    ],
    form: [{ Escape: () => acts.leave(form.slot()), "Ctrl+Enter": () => form.save() }, {}],
  }
  onKeys(root, (event) => {
    const [always, letters] = keymaps[screen]
    if (pressKey(event, isTyping(event) ? always : { ...always, ...letters })) {
      event.stopPropagation()
    }
  })

  model.on("msg:custom", (message) => {
    told[message.type]?.(message)
  })
  model.on("rows", () => {
    list.show()
    detail.numbers()
  })
  model.on("ready", list.show)
  model.on("problem", list.show)
  model.on("selected", form.refill)
  model.on("chosen", form.refill)
  model.on("remove", () => pictures.keep([]))
  list.show()
  go("list")
  reopen()
  send({ type: "hello" })
  return root

  // A page that loads itself anew comes back to what was being typed.
  function reopen() {
    let slot = ""
    try {
      slot = sessionStorage.getItem(`${model.key}:screen`) ?? ""
    } catch {
      return
    }
    if (slot === "new" && form.hasKept("new")) {
      acts.create()
    }
  }
}
