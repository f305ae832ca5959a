// Acts on their way: kept in the browser until the server says that they are durable, sent again until it does.
// Sending an act twice changes nothing, for the store knows it by its id.

const RETRY = 4000 // ms until what could not be saved is sent again

export function makeOutbox(model, key, told) {
  const window_id = crypto.randomUUID?.() ?? String(Math.random()),
    place = `bam-explorer:outbox:${key}:${window_id}`
  let acts = [],
    timer = 0,
    saved = 0,
    problem = "",
    forgetful = false

  function keep() {
    try {
      acts.length ? localStorage.setItem(place, JSON.stringify(acts)) : localStorage.removeItem(place)
    } catch {
      forgetful = true
    }
    told()
  }
  function add(annotator, act) {
    acts.push({ ...act, annotator })
    keep()
    send(act)
  }
  function send(act) {
    model.send_msg({ type: "act", ...act })
  }
  function again() {
    clearTimeout(timer)
    for (const { annotator, ...act } of acts) {
      send(act)
    }
  }
  function acknowledge(id, counted) {
    const before = acts.length
    acts = acts.filter((act) => act.id !== id)
    if (acts.length < before) {
      saved += counted
      problem = ""
    }
    if (acts.length < before) {
      keep()
    }
  }
  function fail(message) {
    problem = message.text
    if (message.again) {
      clearTimeout(timer)
      timer = setTimeout(again, RETRY)
    } else {
      acts = acts.filter((act) => act.id !== message.id)
    }
    keep()
  }
  // What another page of this browser left behind when it closed, or this one before it was loaded anew.
  function adopt() {
    try {
      for (const name of Object.keys(localStorage)) {
        if (!name.startsWith(`bam-explorer:outbox:${key}:`) || name === place) {
          continue
        }
        const known = new Set(acts.map((act) => act.id))
        acts.push(...JSON.parse(localStorage.getItem(name)).filter((act) => !known.has(act.id)))
        localStorage.removeItem(name)
      }
    } catch {
      /* nothing kept */
    }
    keep()
    return acts
  }
  // Somebody else works here now: what is not theirs waits until its person is back.
  function keepFor(annotator) {
    const others = acts.filter((act) => act.annotator !== annotator)
    if (!others.length) {
      return
    }
    acts = acts.filter((act) => act.annotator === annotator)
    try {
      localStorage.setItem(`bam-explorer:outbox:${key}:${others[0].annotator}`, JSON.stringify(others))
    } catch {
      /* not kept */
    }
    keep()
  }
  // A browser that keeps nothing asks before it is left; any other sends the rest when the page is opened again.
  const leaving = (event) => {
    if (forgetful && acts.length) {
      event.preventDefault()
    }
  }
  addEventListener("beforeunload", leaving)
  return {
    add,
    again,
    acknowledge,
    fail,
    adopt,
    keepFor,
    problem: () => problem,
    saved: () => saved,
    pending: () => acts.length,
    answersOf: (id) => acts.find((act) => act.id === id)?.replies?.length ?? 1,
    close() {
      clearTimeout(timer)
      removeEventListener("beforeunload", leaving)
    },
  }
}
