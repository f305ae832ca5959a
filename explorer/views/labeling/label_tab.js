// The tab where people answer: connects keys, sheet and outbox. Words from outside are set as text alone.

import { Foot } from "./foot.js"
import { makeDoubt, makeHead, makeJoin, Notices } from "./head.js"
import { makeInstructionsOverlay } from "./instructions.js"
import { Outbox } from "./outbox.js"
import { Pages, makeWatch } from "./pages.js"
import { makeEnlarged, Sheet } from "./sheet.js"
import { button, makePictures, makeRoot, node, text } from "../shared/elements.js"
import { isTyping, keyIn, onKeys, onlyModifies, pressKey, presses } from "../shared/keys.js"

const ALIVE_EVERY = 20000 // ms between two signs that somebody is here

export function render({ model }) {
  const root = makeRoot(model, "section", "labeling ex-labeling")
  root.tabIndex = -1
  const pages = new Pages(),
    pictures = makePictures(),
    watch = makeWatch(),
    store = `bam-explorer:work:${model.key}`
  let me = null,
    era = 0,
    alive = 0,
    turned = 0,
    nothing = false,
    way = "",
    doubted = null
  const outbox = new Outbox(model, model.key, () => update())
  const acts = {
    join: (name) => model.send_msg({ type: "join", name }),
    leave: () => model.send_msg({ type: "leave" }),
    work: (choice) => begin(choice),
    wide: () => model.send_msg({ type: "wide" }),
    instructions: () => toggleInstructions(),
    focus: () => root.focus({ preventScroll: true }),
    again: () => outbox.again(),
    takeOver: () => model.send_msg({ type: "take_over" }),
    alive: () => {
      alive = 0
      note()
    },
    meant: (yes) => model.send_msg({ type: "meant", yes }),
    stroke: (what, check) => model.send_msg({ type: "stroke", what, act: check.act, batch: check.batch }),
    agree: (count) => model.send_msg({ type: "agree", count }),
    cancel: (batch) => model.send_msg({ type: "cancel", batch }),
    source: (key, value) => {
      putAway()
      show()
      model.send_msg({ type: "source", key, value })
    },
    selectCluster: (value) => model.send_msg({ type: "select_cluster", value }),
    typing: (words) => {
      const page = pages.current()
      page.marks.set(pages.item().draw, words)
      remember(page)
    },
    confirm,
    skip,
    previous,
    undo: () => change("undo"),
    certain: () => {
      doubted = null
      update()
      acts.focus()
    },
    toggle,
    say,
    describe,
    enlarge: (place) => enlarged.toggle(pages.current()?.items[place ?? pages.at]),
  }
  const head = makeHead(acts),
    notices = new Notices(acts),
    foot = new Foot(acts),
    join = makeJoin(acts),
    doubt = makeDoubt(acts),
    sheet = new Sheet(pictures, acts),
    enlarged = makeEnlarged(pictures)
  const empty = node("div", "empty"),
    instructions = node("div", "instructions-place")
  sheet.watch(root)
  root.append(join, head.box, notices.box, sheet.box, empty, doubt.box, foot.box, enlarged.element, instructions)

  // Another choice takes the pages off the screen at once: what is on them goes back and may be somebody else's already.
  function begin(choice) {
    if (choice.mode) {
      way = choice.mode
    }
    const other = Object.keys(choice).some((name) => name !== "mode" && name !== "captions"),
      fresh = other || choice.captions !== model.status.work.captions
    if (fresh) {
      putAway()
    }
    show()
    model.send_msg({ type: "work", ...choice, fresh })
    acts.focus()
  }
  function putAway() {
    era = null // until the server says which pages are of the new choice
    nothing = false
    pages.clear()
  }

  // ---- acts ------------------------------------------------------------------------------------------------------
  const blocked = () => !me || model.status.elsewhere || model.status.hasty
  const mode = () => way || model.status.work.mode
  function mark(value) {
    const page = pages.current(),
      item = pages.item()
    if (!page || !item) {
      return
    }
    doubted = null
    page.skipped.delete(item.draw)
    page.marks.get(item.draw) === value ? page.marks.delete(item.draw) : page.marks.set(item.draw, value)
    remember(page)
    show()
  }
  function toggle(place, value) {
    if (blocked()) {
      return
    }
    pages.at = place
    mark(value)
    acts.focus()
  }
  function all() {
    const page = pages.current()
    if (!page) {
      return
    }
    const open = page.items.filter((item) => !page.marks.has(item.draw) && !page.skipped.has(item.draw))
    if (open.length) {
      open.forEach((item) => page.marks.set(item.draw, "yes"))
    } else {
      page.marks.clear()
    }
    remember(page)
    show()
  }
  function skip() {
    const page = pages.current(),
      item = pages.item()
    if (!page || !item) {
      return
    }
    if (mode() === "page" && !page.captions) {
      doubted = null
      page.marks.delete(item.draw)
      page.skipped.has(item.draw) ? page.skipped.delete(item.draw) : page.skipped.add(item.draw)
      return show()
    }
    page.skipped.add(item.draw)
    model.send_msg({ type: "skip", page: page.id, draws: [item.draw] })
    step()
  }
  function confirm() {
    const page = pages.current()
    if (!page || blocked() || root.dataset.shown !== root.dataset.place) {
      return
    } // nothing unseen is answered
    if (rest(page) && !page.marks.size && doubted !== page) {
      // a key that marked nothing, or one too many
      doubted = page
      return update()
    }
    const replies = pages.replies(page, "no"),
      skipped = page.items.filter((item) => page.skipped.has(item.draw)).map((item) => item.draw)
    if (replies.length) {
      record(page, replies)
    }
    if (skipped.length) {
      model.send_msg({ type: "skip", page: page.id, draws: skipped })
    }
    forget(page)
    turn()
  }
  const rest = (page) => pages.replies(page, "no").filter(([draw]) => !page.marks.has(draw)).length
  function say(value) {
    const page = pages.current(),
      item = pages.item()
    if (!page || !item || blocked()) {
      return
    }
    if (page.sent.get(item.draw) !== value) {
      record(page, [[item.draw, value]])
    }
    step()
  }
  function describe(words) {
    const page = pages.current(),
      item = pages.item()
    if (!page || !item || blocked()) {
      return
    }
    outbox.add(me, {
      id: fresh(),
      page: page.id,
      kind: "caption",
      draw: item.draw,
      image: item.image,
      text: words,
      seconds: watch.seconds(),
    })
    page.sent.set(item.draw, words)
    page.marks.set(item.draw, words)
    step()
  }
  function record(page, replies) {
    const each = watch.seconds() / replies.length
    outbox.add(me, {
      id: fresh(),
      page: page.id,
      kind: "answer",
      replies: replies.map(([draw, value]) => [draw, value, each]),
    })
    for (const [draw, value] of replies) {
      page.sent.set(draw, value)
      page.marks.set(draw, value)
    }
  }
  const fresh = () =>
    [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")
  function step() {
    const page = pages.current()
    let next = pages.at + 1
    while (
      page &&
      next < page.items.length &&
      (page.sent.has(page.items[next].draw) || page.skipped.has(page.items[next].draw))
    ) {
      next += 1
    }
    if (!page || next >= page.items.length) {
      return turn()
    }
    pages.at = next
    turned = performance.now()
    watch.restart()
    show()
  }
  function turn() {
    pages.leave()
    turned = performance.now()
    watch.restart()
    show()
  }
  function previous() {
    if (mode() === "single" && pages.at > 0 && pages.current()) {
      pages.at -= 1
    } else if (!pages.back()) {
      return notices.say("There is nothing further back here. Undo (z) goes on.")
    }
    if (mode() === "page") {
      pages.at = 0
    }
    watch.restart()
    show()
  }
  const change = (type) => {
    if (me) {
      model.send_msg({ type, id: fresh() })
    }
  }

  // ---- what is on screen -----------------------------------------------------------------------------------------
  function show() {
    const page = pages.current()
    if (doubted !== page) {
      doubted = null
    }
    enlarged.open && enlarged.toggle()
    update() // first, for what is hidden has no size to fit pictures into
    sheet.draw(pages, mode())
    pictures.keep(pages.all().flatMap((one) => one.items.map((item) => item.draw)))
    root.dataset.page = page?.id ?? ""
    root.dataset.draw = pages.item()?.draw ?? ""
    root.dataset.at = pages.at
    root.dataset.place = !page ? "" : mode() === "page" && !page.captions ? page.id : `${page.id}:${pages.item()?.draw}`
    root.dataset.hand = pages.count()
    if (page) {
      painted()
    }
  }
  // What tests and benchmarks read: how long it took from the key to the pictures of the next page or image.
  async function painted() {
    const from = turned,
      place = root.dataset.place,
      images = [...sheet.box.querySelectorAll("img")]
    turned = 0
    await Promise.all(images.map((image) => image.decode().catch(() => null)))
    requestAnimationFrame(() => {
      if (from) {
        root.dataset.turn = Math.round(performance.now() - from)
      }
      root.dataset.shown = place
    })
  }
  function update() {
    const status = model.status
    join.hidden = Boolean(me) || !status.known
    head.box.hidden = foot.box.hidden = !me
    head.update(status)
    foot.update(status, outbox)
    notices.draw(status, outbox.problem())
    const page = pages.current()
    doubt.show(doubted && doubted === page && !status.hasty ? rest(page) : 0)
    sheet.box.hidden = !me || !page || Boolean(status.hasty)
    empty.hidden = !me || Boolean(page)
    if (!empty.hidden) {
      empty.replaceChildren(...emptyWords(status))
    }
    Object.assign(root.dataset, {
      saved: outbox.saved(),
      pending: outbox.pending(),
      me: me ?? "",
      labels: Object.values(status.counts ?? {}).reduce((sum, one) => sum + one, 0),
      nothing,
      doubt: !doubt.box.hidden,
    })
  }
  function emptyHint(status) {
    if (status.closed) {
      return status.closed
    }
    if (status.left) {
      return "What is left waits for other people's opinions."
    }
    if (status.counts?.yes) {
      return "Choose below what to ask next: more like the yes answers finds the others soonest."
    }
    return "Choose below what to ask next: words in captions are the quickest way to the first positives."
  }
  function emptyWords(status) {
    if (!status.attribute && !status.work.captions && !status.attributes.length) {
      const add = button("primary define", "Add an attribute", "Say what the question is", () =>
        model.send_msg({ type: "define" }),
      )
      return [
        text("h3", "", "What shall it learn?"),
        text(
          "p",
          "soft",
          "First say what to look for: one yes or no question about a picture, such as: does it show a bird?",
        ),
        add,
      ]
    }
    if (!status.attribute && !status.work.captions) {
      return [
        text("h3", "", "What shall it learn?"),
        text("p", "soft", "Choose an attribute above, or define a new one in the Attributes tab."),
      ]
    }
    if (status.left > 0 && status.held >= status.left) {
      return [
        text(
          "p",
          "soft",
          `The last ${status.held} images are with other people. They come to you if those people leave.`,
        ),
      ]
    }
    if (nothing) {
      foot.openMore()
      return [text("h3", "", "Nothing is asked now"), text("p", "soft", emptyHint(status))]
    }
    return [text("p", "soft", "Getting the next pictures …")]
  }
  // Marks that are not confirmed yet survive a page that loads itself anew.
  function remember(page) {
    try {
      sessionStorage.setItem(`${store}:${page.id}`, JSON.stringify([...page.marks]))
    } catch {
      /* not kept */
    }
  }
  function forget(page) {
    try {
      sessionStorage.removeItem(`${store}:${page.id}`)
    } catch {
      /* not kept */
    }
  }
  function recall(page) {
    try {
      for (const [draw, value] of JSON.parse(sessionStorage.getItem(`${store}:${page.id}`) ?? "[]")) {
        page.marks.set(draw, value)
      }
    } catch {
      /* not kept */
    }
  }
  function toggleInstructions() {
    const open = instructions.firstChild
    instructions.replaceChildren()
    if (open || !model.status.attribute) {
      return acts.focus()
    }
    model.send_msg({ type: "instructions" })
  }

  // ---- keyboard --------------------------------------------------------------------------------------------------
  const move = (by) => {
    const page = pages.current()
    if (page) {
      pages.at = Math.max(0, Math.min(page.items.length - 1, pages.at + by))
      show()
    }
  }
  const shared = {
    z: acts.undo,
    "Shift+z": () => change("redo"),
    e: () => acts.enlarge(),
    s: skip,
    i: toggleInstructions,
    w: acts.wide,
    Escape: () => {
      doubted ? acts.certain() : enlarged.open ? enlarged.toggle() : instructions.replaceChildren()
    },
  }
  const keymaps = {
    page: {
      ArrowLeft: () => move(-1),
      ArrowRight: () => move(1),
      ArrowUp: () => move(-sheet.columns()),
      ArrowDown: () => move(sheet.columns()),
      " ": () => mark("yes"),
      y: () => mark("yes"),
      n: () => mark("no"),
      u: () => mark("unsure"),
      a: all,
      Enter: confirm,
      Backspace: previous,
    },
    single: {
      y: () => say("yes"),
      n: () => say("no"),
      u: () => say("unsure"),
      ArrowLeft: previous,
      Backspace: previous,
      1: () => say("yes"),
      2: () => say("no"),
      3: () => say("unsure"),
    },
    caption: { ArrowLeft: previous },
  }
  function key(event) {
    if (!me) {
      return
    }
    if (isTyping(event)) {
      return void pressKey(event, { Escape: acts.focus })
    }
    if (presses(event, "button:not(.tile), summary")) {
      return
    }
    const keymap = { ...shared, ...keymaps[pages.current()?.captions ? "caption" : mode()] },
      name = keyIn(event, keymap)
    if (doubted && !onlyModifies(event) && name !== "Enter" && name !== "Escape") {
      doubted = null
      update()
    } // only Enter twice is a yes
    if (blocked() && name !== "Escape" ? name && pressKey(event, { [name]: () => null }) : pressKey(event, keymap)) {
      event.stopPropagation()
      note()
    }
  }
  onKeys(root, key)
  // With nothing else in focus the keys are the sheet's, so that nobody has to click first.
  const anywhere = (event) => {
    if (document.activeElement === document.body && root.offsetParent) {
      key(event)
    }
  }
  const deaf = onKeys(document, anywhere)
  function note() {
    if (performance.now() - alive < ALIVE_EVERY && alive) {
      return
    }
    alive = performance.now()
    if (me) {
      model.send_msg({ type: "alive" })
    }
  }
  root.addEventListener("pointerdown", note)

  // The keys are the sheet's once the tab is on the screen: a panel takes a while to open, and hears none before. Whoever
  // types here already goes on.
  function focusSoon() {
    const until = performance.now() + 5000
    const look = () => {
      if (root.contains(root.getRootNode().activeElement)) {
        return
      }
      if (me && root.offsetParent) {
        acts.focus()
      }
      if (performance.now() < until) {
        requestAnimationFrame(look)
      }
    }
    look()
  }

  // ---- what the server says --------------------------------------------------------------------------------------
  const heard = {
    who(message) {
      me = message.id || null
      if (message.token) {
        document.cookie = `${model.key}=${message.token}; Max-Age=31536000; Path=/; SameSite=Strict`
      }
      if (!me) {
        document.cookie = `${model.key}=; Max-Age=0; Path=/; SameSite=Strict`
        pages.clear()
        show()
      }
      if (me) {
        outbox.keepFor(me)
      }
      update()
    },
    clear(message) {
      era = message.era
      nothing = false
      pages.clear()
      sheet.forget()
      show()
    },
    page(message) {
      if (message.era !== era) {
        return
      }
      nothing = false
      const first = pages.count() === 0,
        known = pages.all().some((page) => page.id === message.page)
      message.items.forEach((item) => pictures.address(item.draw, item.picture))
      pages.receive(message)
      recall(pages.all().find((page) => page.id === message.page))
      if (first || message.first) {
        watch.restart()
        focusSoon()
      }
      for (const item of message.items) {
        const image = new Image()
        image.src = pictures.address(item.draw, item.picture)
        image.decode().catch(() => null)
      }
      if (known || message.first) {
        sheet.forget()
      } // else what is on screen stays as it is: somebody may be typing
      show()
    },
    drop(message) {
      pages.drop(message.page, message.draws)
      sheet.forget()
      show()
    },
    // Somebody came to answer: pages that nobody began give way to what is asked first by now.
    away() {
      putAway()
      show()
    },
    anew() {
      if (pages.count() && !pages.begun()) {
        putAway()
        show()
        model.send_msg({ type: "work", fresh: true })
      }
    },
    focus: () => focusSoon(),
    name(message) {
      if (!me) {
        join.ask(message.text)
      }
    },
    nothing(message) {
      if (message.era === era) {
        nothing = true
        update()
      }
    },
    saved(message) {
      outbox.acknowledge(message.id, outbox.answersOf(message.id) - message.late.length)
      if (message.late.length) {
        notices.say(
          `${message.late.length} of your answers came too late: somebody else has answered since.`,
          "warning",
        )
      }
      update()
    },
    failed(message) {
      outbox.fail(message)
      if (!message.again) {
        notices.say(message.text, "error")
      }
      update()
    },
    undone(message) {
      notices.say(message.page ? "Undone: the answers are back to be given again." : "Undone.")
      sheet.forget()
      show()
    },
    redone() {
      notices.say("Done again.")
    },
    note(message) {
      notices.say(message.text, message.kind)
    },
    instructions(message) {
      instructions.replaceChildren(makeInstructionsOverlay(message, toggleInstructions))
    },
  }
  model.on("msg:custom", (message) => heard[message.type]?.(message))
  model.on("status", () => {
    const before = mode()
    way = ""
    mode() === before ? update() : show()
  })
  notices.box.addEventListener("again", update)
  model.on("remove", () => {
    deaf()
    sheet.close()
    watch.close()
    outbox.close()
    pictures.keep([])
  })
  model.on("status", () => {
    try {
      sessionStorage.setItem(store, JSON.stringify(model.status.work))
    } catch {
      /* not kept */
    }
  })
  let work = null
  try {
    work = JSON.parse(sessionStorage.getItem(store))
  } catch {
    /* nothing kept */
  }
  const token =
    document.cookie
      .split("; ")
      .find((entry) => entry.startsWith(`${model.key}=`))
      ?.slice(model.key.length + 1) ?? ""
  update()
  // What was not acknowledged comes along: it is recorded before any page is given, so that nothing is asked twice.
  model.send_msg({ type: "hello", token, work, pending: outbox.adopt() })
  return root
}
