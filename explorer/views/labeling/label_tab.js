// The Label tab: connects sheet, keys and outbox with the server. Text from outside is only ever set as text.

import { makeActs } from "./acts.js"
import { Answering } from "./answering.js"
import { emptyWords } from "./empty.js"
import { Foot } from "./foot.js"
import { makeDoubt, makeHead, makeJoin, Notices } from "./head.js"
import { makeInstructionsOverlay } from "../attributes/instructions.js"
import { hearKeys } from "./keyboard.js"
import { keepWork, KeptMarks, keptWork } from "./marks.js"
import { Outbox } from "./outbox.js"
import { makeWatch, Pages } from "./pages.js"
import { Presence } from "./presence.js"
import { makeEnlarged, Sheet } from "./sheet.js"
import { hearMessages, makePictures, makeRoot, node } from "../common/elements.js"

export class LabelTab {
  #model
  root
  #store
  #pages = new Pages()
  #pictures = makePictures()
  #watch = makeWatch()
  #marks
  #outbox
  #answering
  #presence
  #acts
  #head
  #notices
  #foot
  #join
  #doubt
  #sheet
  #enlarged
  #empty = node("div", "empty")
  #instructions = node("div", "instructions-place")
  /** @type {string | null} id of the annotator */
  me = null
  /** @type {number | null} number of the choice that the pages belong to; null until the server sends it */
  #choiceNumber = 0
  #nothing = false
  #chosenMode = ""
  #stopKeys

  /** @param {Server.LabelTab} model */
  constructor(model) {
    this.#model = model
    this.root = makeRoot(model, "section", "labeling ex-labeling")
    this.root.tabIndex = -1
    this.#store = `bam-explorer:work:${model.key}`
    this.#marks = new KeptMarks(this.#store)
    this.#outbox = new Outbox(model, model.key, () => this.update())
    const parts = { pages: this.#pages, outbox: this.#outbox, watch: this.#watch, marks: this.#marks }
    this.#answering = new Answering(this, parts)
    this.#presence = new Presence(this)
    this.#acts = makeActs(this, { answering: this.#answering, outbox: this.#outbox, presence: this.#presence })
    const acts = this.#acts
    this.#head = makeHead(acts)
    this.#notices = new Notices(acts)
    this.#foot = new Foot(acts)
    this.#join = makeJoin(acts)
    this.#doubt = makeDoubt(acts)
    this.#sheet = new Sheet(this.#pictures, acts)
    this.#enlarged = makeEnlarged(this.#pictures)
    this.#build()
    this.#stopKeys = hearKeys(this, {
      answering: this.#answering,
      acts: this.#acts,
      presence: this.#presence,
      pages: this.#pages,
      sheet: this.#sheet,
      enlarged: this.#enlarged,
      closeInstructions: () => this.#instructions.replaceChildren(),
    })
    this.#hearServer()
    this.#begin()
  }

  #build() {
    this.#sheet.watch(this.root)
    this.root.append(
      this.#join.box,
      this.#head.box,
      this.#notices.box,
      this.#sheet.box,
      this.#empty,
      this.#doubt.box,
      this.#foot.box,
      this.#enlarged.element,
      this.#instructions,
    )
  }

  // ---- used by the parts of the tab -----------------------------------------------------------------------------
  /** @param {Server.LabelTabSent} message */
  send(message) {
    this.#model.send_msg(message)
  }

  blocked() {
    return !this.me || this.#model.status.elsewhere || this.#model.status.hasty !== null
  }

  mode() {
    return this.#chosenMode || this.#model.status.work.mode
  }

  // Whether the images to be answered are on the screen.
  isShown() {
    return this.root.dataset.shown === this.root.dataset.place
  }

  /** @param {string} words @param {string} [kind] */
  say(words, kind) {
    this.#notices.say(words, kind)
  }

  focus() {
    this.root.focus({ preventScroll: true })
  }

  /** @param {number} [place] */
  enlarge(place) {
    this.#enlarged.toggle(this.#pages.current()?.items[place ?? this.#pages.at])
  }

  // ---- choices ----------------------------------------------------------------------------------------------------
  // Another choice removes the pages from the screen at once. Their images are returned, and others may get them.
  /** @param {import("./acts.js").WorkChoice} choice */
  work(choice) {
    if (choice.mode) {
      this.#chosenMode = choice.mode
    }
    const other = Object.keys(choice).some((name) => name !== "mode" && name !== "captions"),
      fresh = other || choice.captions !== this.#model.status.work.captions
    if (fresh) {
      this.#putAway()
    }
    this.show()
    this.send({ type: "work", ...choice, fresh })
    this.focus()
  }

  // Add questions from a source: at random, by words, from a cluster.
  /** @param {string} key @param {string} value */
  source(key, value) {
    this.#putAway()
    this.show()
    this.send({ type: "source", key, value })
  }

  #putAway() {
    this.#choiceNumber = null // until the server sends the number of the new choice
    this.#nothing = false
    this.#pages.clear()
  }

  toggleInstructions() {
    const open = this.#instructions.firstChild
    this.#instructions.replaceChildren()
    if (open || !this.#model.status.attribute) {
      this.focus()
      return
    }
    this.send({ type: "instructions" })
  }

  // ---- the screen ------------------------------------------------------------------------------------------
  show() {
    const pages = this.#pages,
      page = pages.current(),
      { dataset } = this.root
    if (this.#answering.doubted !== page) {
      this.#answering.doubted = null
    }
    if (this.#enlarged.open) {
      this.#enlarged.toggle()
    }
    this.update() // first, because a hidden element has no size
    this.#sheet.draw(pages, this.mode())
    this.#pictures.keep(pages.all().flatMap((one) => one.items.map((item) => item.draw)))
    dataset.page = page?.id ?? ""
    dataset.draw = String(pages.item()?.draw ?? "")
    dataset.at = String(pages.at)
    dataset.place = !page ? "" : this.mode() === "page" && !page.captions ? page.id : `${page.id}:${pages.item()?.draw}`
    if (page) {
      this.#painted()
    }
  }

  // For tests and benchmarks: milliseconds from the key to the images of the next page.
  async #painted() {
    const from = this.#answering.turned,
      { dataset } = this.root,
      place = dataset.place,
      images = [...this.#sheet.box.querySelectorAll("img")]
    this.#answering.turned = 0
    await Promise.all(images.map((image) => image.decode().catch(() => null)))
    requestAnimationFrame(() => {
      if (from) {
        dataset.turn = String(Math.round(performance.now() - from))
      }
      dataset.shown = place
    })
  }

  update() {
    const status = this.#model.status,
      page = this.#pages.current(),
      { doubted } = this.#answering
    this.#join.box.hidden = Boolean(this.me) || !status.known
    this.#head.box.hidden = this.#foot.box.hidden = !this.me
    this.#head.update(status)
    this.#foot.update(status, this.#outbox)
    this.#notices.draw(status, this.#outbox.problem())
    this.#doubt.show(doubted && doubted === page && !status.hasty ? this.#answering.rest(page) : 0)
    this.#sheet.box.hidden = !this.me || !page || Boolean(status.hasty)
    this.#empty.hidden = !this.me || Boolean(page)
    if (!this.#empty.hidden) {
      const acts = { define: () => this.send({ type: "define" }), offer: () => this.#foot.openMore() }
      this.#empty.replaceChildren(...emptyWords(status, this.#nothing, acts))
    }
    Object.assign(this.root.dataset, {
      saved: this.#outbox.saved(),
      pending: this.#outbox.pending(),
      me: this.me ?? "",
      labels: Object.values(status.counts ?? {}).reduce((sum, one) => sum + one, 0),
      nothing: this.#nothing,
      doubt: !this.#doubt.box.hidden,
    })
  }

  // ---- messages from the server ---------------------------------------------------------------------------------------
  #hearServer() {
    const model = this.#model
    hearMessages(model, this.#makeHandlers())
    model.on("status", () => {
      const before = this.mode()
      this.#chosenMode = ""
      if (this.mode() === before) {
        this.update()
      } else {
        this.show()
      }
    })
    model.on("status", () => keepWork(this.#store, model.status.work))
    model.on("remove", () => {
      this.#stopKeys()
      this.#sheet.close()
      this.#watch.close()
      this.#outbox.close()
      this.#pictures.keep([])
    })
  }

  /** @returns {Server.Handlers<Server.LabelTabReceived>} */
  #makeHandlers() {
    return {
      ...this.#pageMessages(),
      who: (message) => this.#recognise(message),
      focus: () => this.#presence.focusSoon(),
      name: (message) => {
        if (!this.me) {
          this.#join.ask(message.text)
        }
      },
      saved: (message) => {
        this.#outbox.acknowledge(message.id, this.#outbox.answersOf(message.id) - message.late.length)
        if (message.late.length) {
          const late = message.late.length
          this.say(`${late} of your answers came too late: another annotator answered first.`, "warning")
        }
        this.update()
      },
      failed: (message) => {
        this.#outbox.fail(message)
        if (!message.again) {
          this.say(message.text, "error")
        }
        this.update()
      },
      undone: (message) => {
        this.say(message.page ? "Undone. You can answer these images again." : "Undone.")
        this.#sheet.forget()
        this.show()
      },
      redone: () => this.say("Redone."),
      note: (message) => this.say(message.text, message.kind),
      instructions: (message) => {
        const overlay = makeInstructionsOverlay(message, () => this.toggleInstructions())
        this.#instructions.replaceChildren(overlay)
      },
    }
  }

  /** @returns {Server.Handlers<Server.LabelTabReceived>} */
  #pageMessages() {
    return {
      clear: (message) => {
        this.#choiceNumber = message.choice_number
        this.#nothing = false
        this.#pages.clear()
        this.#sheet.forget()
        this.show()
      },
      page: (message) => {
        if (message.choice_number === this.#choiceNumber) {
          this.#receive(message)
        }
      },
      drop: (message) => {
        this.#pages.drop(message.page, message.draws)
        this.#sheet.forget()
        this.show()
      },
      // The tab was opened to answer: pages that are not begun are replaced by the questions that come first now.
      away: () => {
        this.#putAway()
        this.show()
      },
      restart: () => {
        if (this.#pages.count() && !this.#pages.begun()) {
          this.#putAway()
          this.show()
          this.send({ type: "work", fresh: true })
        }
      },
      nothing: (message) => {
        if (message.choice_number === this.#choiceNumber) {
          this.#nothing = true
          this.update()
        }
      },
    }
  }

  /** @param {Server.WhoMessage} message */
  #recognise(message) {
    this.me = message.id || null
    if (message.token) {
      document.cookie = `${this.#model.key}=${message.token}; Max-Age=31536000; Path=/; SameSite=Strict`
    }
    if (this.me) {
      this.#outbox.keepFor(this.me)
    } else {
      document.cookie = `${this.#model.key}=; Max-Age=0; Path=/; SameSite=Strict`
      this.#pages.clear()
      this.show()
    }
    this.update()
  }

  /** @param {Server.PageMessage} message */
  #receive(message) {
    const pages = this.#pages,
      address = (/** @type {Server.PageItem} */ item) => this.#pictures.address(item.draw, item.picture)
    this.#nothing = false
    const first = pages.count() === 0,
      known = pages.all().some((one) => one.id === message.page)
    message.items.forEach(address)
    pages.receive(message)
    const page = pages.all().find((one) => one.id === message.page)
    if (page) {
      this.#marks.recall(page)
    }
    if (first || message.first) {
      this.#watch.restart()
      this.#presence.focusSoon()
    }
    for (const item of message.items) {
      const image = new Image()
      image.src = address(item)
      image.decode().catch(() => null)
    }
    if (known || message.first) {
      this.#sheet.forget() // otherwise the screen stays unchanged, because the user may be typing
    }
    this.show()
  }

  #begin() {
    const prefix = `${this.#model.key}=`,
      cookie = document.cookie.split("; ").find((entry) => entry.startsWith(prefix))
    this.update()
    // Unacknowledged actions are sent along. The server records them before it sends a page, so no question is asked twice.
    const token = cookie?.slice(prefix.length) ?? ""
    this.send({ type: "hello", token, work: keptWork(this.#store), pending: this.#outbox.adopt() })
  }
}

/** @param {{ model: Server.LabelTab }} panel */
export function render({ model }) {
  return new LabelTab(model).root
}
