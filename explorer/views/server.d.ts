// Written by "python -m tests.helpers.script_types" from the records, the components and the table of messages in
// Python. Change those, not this file.

/** What the server sends, what it accepts, and the parameters of its components. */
declare namespace Server {
  /** A record, or the empty object that a parameter holds before its first value. */
  type OrEmpty<Values> = Values | { readonly [Name in keyof Values]?: never }

  /** The browser's half of a component, as Panel passes it to `render`. */
  type Component<Values, Sent, Received> = Readonly<Values> & {
    send_msg(message: Sent): void
    on(event: "msg:custom", heard: (message: Received) => void): void
    on(event: (keyof Values & string) | "remove", heard: () => void): void
  }

  /** The functions that take messages, by type. */
  type Handlers<Received extends { type: string }> = {
    [Type in Received["type"]]?: (message: Extract<Received, { type: Type }>) => void
  }

  /** An entry of the legend, see `pipeline.map.coloring.Coloring.legend`. */
  interface LegendEntry {
    text: string
    color: string
    count: number | null
  }

  /** The legend of the colours, see `pipeline.map.coloring.Coloring.legend`. */
  interface Legend {
    title: string
    kind: string
    entries: LegendEntry[]
    colors: string[]
    unknown: LegendEntry
  }

  /** Counts of gold questions by answer, of retired ones, and of settled images that can become gold. */
  interface GoldRecord {
    yes: number
    no: number
    retired: number
    settled_yes: number
    settled_no: number
  }

  /** The annotators of an attribute and its gold questions; ``left_out`` counts annotators beyond the first ones. */
  interface PeopleMessage {
    type: "people"
    name: string
    gold: GoldRecord
    people: PersonRecord[]
    left_out: number
    suspects: SuspectRecord[]
  }

  /** An annotator of an attribute. */
  interface PersonRecord {
    id: string
    name: string
    answers: number
    seconds: number
    accuracy: RateRecord
    sensitivity: RateRecord
    false_positives: RateRecord
    consistency: RateRecord
    allowed: boolean
    by_hand: boolean | null
    words: string
  }

  /** A rate of an annotator: `hits` out of `of`, and the ends of its interval in percent. */
  interface RateRecord {
    hits: number
    of: number
    low: number
    high: number
  }

  /** The qualification requirements of an attribute. */
  interface RequirementsRecord {
    answers: number
    accuracy: number
    test: number
    share: number
  }

  /** A gold question that annotators contradict. */
  interface SuspectRecord {
    image: string
    expected: string
    against: number
    people: number
    picture: ArrayBuffer | null
  }

  /** A change of one field: the field's name for people, and its text in pieces. */
  interface ChangeRecord {
    what: string
    pieces: [string, string][]
  }

  /** An example picture of a definition: ``"yes"`` or ``"no"``, the image's id, and its WebP. */
  interface ExamplePicture {
    kind: string
    image: string
    picture: ArrayBuffer
  }

  /** An attribute's definition. */
  interface InstructionsMessage {
    type: "instructions"
    title: string
    definition: string
    counts: string[]
    counts_not: string[]
    version: number
    at: number
    examples: ExamplePicture[]
  }

  /** An attribute in the list, with its progress. */
  interface AttributeRow {
    name: string
    group: string
    title: string
    definition: string
    version: number
    archived: boolean
    agree: number
    yes: number
    no: number
    unsure: number
    split: number
    open: number
    answers: number
    people: number
    left: number
    absent: number
    last_at: number
  }

  /** Another annotator saved a version first: a sentence, and that version. */
  interface ConflictMessage {
    type: "conflict"
    text: string
    theirs: DefinitionRecord
  }

  /** Open the form of a new attribute. */
  interface CreateMessage {
    type: "create"
  }

  /** A definition as a form shows it: ids of its examples as text, and its author's name. */
  interface DefinitionRecord {
    title: string
    definition: string
    counts: string[]
    counts_not: string[]
    examples_yes: string[]
    examples_no: string[]
    version: number
    by: string
    at: number
  }

  /** A definition was saved: the attribute's name, and the number of the new version. */
  interface DefinitionSaved {
    type: "saved"
    name: string
    version: number
  }

  /** One attribute with its definition, requirements and history. */
  interface DetailMessage {
    type: "detail"
    title: string
    definition: string
    counts: string[]
    counts_not: string[]
    version: number
    at: number
    examples: ExamplePicture[]
    name: string
    group: string
    archived: boolean
    agree: number
    requirements: RequirementsRecord
    audited: string
    history: VersionRecord[]
  }

  /** Images for the form to take as examples: ``"yes"`` or ``"no"``, their ids as text, and a note or "". */
  interface ExampleMessage {
    type: "example"
    kind: string
    images: string[]
    note: string
  }

  /** Thumbnails of examples. */
  interface PicturesMessage {
    type: "pictures"
    pictures: SmallPicture[]
  }

  /** A thumbnail: the image's id as text, and its JPEG. */
  interface SmallPicture {
    image: string
    picture: ArrayBuffer
  }

  /** A version of a definition: its number, its author's name, its time in seconds since 1970, and its changes. */
  interface VersionRecord {
    version: number
    by: string
    at: number
    changes: ChangeRecord[]
  }

  /** The agreement of people: the measures, and the images behind them. */
  interface Agreement {
    figures: Figure[]
    words: string
  }

  /** All audited attributes, the best first, and the joint claim. */
  interface FamilyChart {
    rows: FamilyRow[]
    words: string
  }

  /** The last published audit of one attribute. */
  interface FamilyRow {
    name: string
    title: string
    value: number
    low: number
    high: number
    target: number
    words: string
    certified: boolean
    expired: boolean
    here: boolean
    help: string
  }

  /** An annotator of an audit: name, answers, time per answer, and rates on gold questions and repeats. */
  interface PersonLine {
    name: string
    answers: string
    seconds: string
    sensitivity: RateWords
    false_positives: RateWords
    consistency: RateWords
  }

  /** A rate for people, and a tooltip. */
  interface RateWords {
    value: string
    help: string
  }

  /** Precision in a region of the map. */
  interface RegionRow {
    region: number
    title: string
    value: number | null
    low: number
    high: number
    words: string
    help: string
    warning: string
  }

  /** Precision against recall of the audited images, and the place of the release's threshold. */
  interface ThresholdsChart {
    points: ChartPoint[]
    here: Spot | null
    words: string
  }

  /** The images on which people and release disagree, and whether there are `any`. */
  interface MistakesMessage {
    type: "mistakes"
    sides: PictureSide[]
    words: string
    any: boolean
  }

  /** An open audit. */
  interface CurrentAudit {
    number: number
    state: string
    title: string
    sentences: string[]
    fitted: string
    population: string
    hashes: Hash[]
    note: string
    watched: Watched | null
    done: number
    images: number
    people: PersonCount[]
    progress: string
    complete: boolean
    waiting: string
  }

  /** Name of a fixed part, the start of its hash, and the whole hash. */
  interface Hash {
    name: string
    short: string
    whole: string
  }

  /** A person's name, and the number of images that they answered, in words. */
  interface PersonCount {
    name: string
    count: string
  }

  /** The bound of an anytime audit. */
  interface Watched {
    points: ChartPoint[]
    goal: [number, number]
    words: string
    after: string
    hour: string
  }

  /** A plan form, with the images that its plan needs and its chances. */
  interface PlanShown {
    releases: Choice[]
    release: string
    about: string
    population: string
    target: number
    truth: number
    rule: string
    rules: Choice[]
    kind: string
    jointly: number
    positives: string
    negatives: number
    classic: boolean
    sentence: string
    sentences: string[]
    cannot: string
    table: TruthRow[]
    ready: boolean
    images: number
    placeholder: string
  }

  /** A row of the table: a true precision, the images that it needs, and the chance with the planned number. */
  interface TruthRow {
    truth: string
    images: string
    chance: string
  }

  /** The result of a published audit. */
  interface PublishedResult {
    number: number
    title: string
    statement: string
    certified: boolean
    expired: string
    rule: string
    figures: Figure[]
    sentences: string[]
    hour: string
    hashes: Hash[]
    watched: Watched | null
    hidden: string
    thresholds: ThresholdsChart | null
    bins: ChartPoint[]
    regions: RegionRow[]
    lost: string
    agreement: Agreement | null
    people: PersonLine[]
  }

  /** The state of an attribute's audits. */
  interface AuditStanding {
    attribute: string
    none: string
    attributes: Choice[]
    steps: Step[]
    plan: PlanShown | null
    current: CurrentAudit | null
    published: Choice[]
    result: PublishedResult | null
    family: FamilyChart | null
  }

  /** Remove all pages; other ones follow. */
  interface AwayMessage {
    type: "away"
  }

  /** Remove all pages. Later pages with another `choice_number` are ignored. */
  interface ClearMessage {
    type: "clear"
    choice_number: number
  }

  /** Remove questions from a page because they were answered on another one. */
  interface DropMessage {
    type: "drop"
    page: string
    draws: number[]
  }

  /** Ask for a name, with the reason. */
  interface NameMessage {
    type: "name"
    text: string
  }

  /** No question is left to answer. */
  interface NothingMessage {
    type: "nothing"
    choice_number: number
  }

  /** A question on a page. */
  interface PageItem {
    draw: number
    image: string
    row: number
    words: string
    picture: ArrayBuffer
  }

  /** A page of questions. */
  interface PageMessage {
    type: "page"
    choice_number: number
    page: string
    attribute: string
    version: number
    captions: boolean
    first: boolean
    marks: Record<string, string>
    items: PageItem[]
  }

  /** A logged action was redone. */
  interface RedoneMessage {
    type: "redone"
    id: string
  }

  /** Remove pages without answers, and request others. */
  interface RestartMessage {
    type: "restart"
  }

  /** A logged action is durable: its id, and the draws that another annotator answered first. */
  interface SavedMessage {
    type: "saved"
    id: string
    late: number[]
  }

  /** A logged action was undone; `page` comes back, or "" for none. */
  interface UndoneMessage {
    type: "undone"
    id: string
    page: string
  }

  /** The annotator of this window: id, name and token; empty if there is none. */
  interface WhoMessage {
    type: "who"
    id: string
    name: string
    token: string
  }

  /** A source on the screen. */
  interface SourceShown {
    key: string
    title: string
    help: string
    takes: string
    enabled: boolean
    count: number | null
    value: string
  }

  /** An attribute that can be answered: name, title and group. */
  interface AttributeChoice {
    name: string
    title: string
    group: string
  }

  /** The attribute that is answered; `agree` is the number of people who must agree. */
  interface AttributeShown {
    name: string
    title: string
    question: string
    version: number
    agree: number
    archived: boolean
  }

  /** A part of the queue: id, title, questions left, and whether the user cannot choose or cancel it. */
  interface BatchShown {
    id: string
    title: string
    left: number
    fixed: boolean
  }

  /** A run of equal answers that came too quickly: the answer, and its number. */
  interface HastyShown {
    value: string
    count: number
  }

  /** Images by the label that results from their answers. */
  interface LabelCounts {
    yes: number
    no: number
    unsure: number
    split: number
    open: number
  }

  /** The status that the Label tab shows beside the pictures. */
  interface LabelStatus {
    me: MeShown
    known: boolean
    work: LabelingWorkShown
    attributes: AttributeChoice[]
    attribute: AttributeShown | null
    counts: LabelCounts | null
    people: PersonShown[]
    sources: SourceShown[]
    clusters: ClusterChoice[]
    goal: number
    left: number
    held: number
    batches: BatchShown[]
    pace: number
    minutes: number
    hasty: HastyShown | null
    check: SpotCheckShown | null
    elsewhere: boolean
    idle: boolean
    problem: string
    consistency: string
    qualified: string
    closed: string
  }

  /** The annotator of this window; empty if there is none. */
  interface MeShown {
    id: string
    name: string
  }

  /** A person who is present: name, attribute, number of open questions, and whether it is the user. */
  interface PersonShown {
    name: string
    doing: string
    holding: number
    me: boolean
  }

  /** The spot check of a bulk answer. */
  interface SpotCheckShown {
    act: string
    batch: string
    value: string
    images: number
    size: number
    answered: number
    wrong: number
    unsure: number
    low: number
    high: number
  }

  /** The annotator's choices, see `LabelingState`. */
  interface LabelingWorkShown {
    attribute: string
    mode: string
    size: number
    batch: string
    captions: boolean
  }

  /** A named cluster: its key ``level:number``, and its name. */
  interface ClusterChoice {
    key: string
    text: string
  }

  /** The text of a large picture: its box, its untrusted caption, and the attributes whose filters it passes. */
  interface CardShown {
    box: [number, number, number, number]
    caption: string
    terms: string[]
  }

  /** A name over a cluster: its text, its place in layout units, its level, and its radius. */
  interface ClusterName {
    text: string
    x: number
    y: number
    level: number
    radius: number
  }

  /** A frame of the map. */
  interface FrameMessage {
    type: "frame"
    id: number
    serial: number
    content_number: number
    layout: string
    level: number
    drawn: number
    side: number
    seen: number
    passing: number
    filtered: boolean
    dimmed: boolean
    cards: CardShown[]
    x0: number
    y0: number
    x1: number
    y1: number
    width: number
    height: number
    mime: string
    picture: ArrayBuffer
  }

  /** Move to a place of the layout, with a radius around it. */
  interface GoMessage {
    type: "go"
    x: number
    y: number
    radius: number
  }

  /** Activate a tool: ``"lasso"``. */
  interface ModeMessage {
    type: "mode"
    mode: string
  }

  /** The original of a picture of a frame, encoded, and the box that it covers. */
  interface OriginalMessage {
    type: "original"
    serial: number
    box: [number, number, number, number]
    picture: ArrayBuffer
  }

  /** Why the original of a picture of a frame is not shown. */
  interface OriginalNote {
    type: "note"
    serial: number
    box: [number, number, number, number]
    text: string
  }

  /** Why a frame could not be drawn; `id` is the request's. */
  interface ProblemMessage {
    type: "problem"
    id: number
    text: string
  }

  /** Number of images inside an outline, -1 if it is outdated; `serial` is the outline's. */
  interface SelectedMessage {
    type: "selected"
    serial: number
    found: number
  }

  /** The selection: its number of images, and its origin. */
  interface SelectionShown {
    count: number
    words: string
  }

  /** Whether a tap met a picture. */
  interface TappedMessage {
    type: "tapped"
    met: boolean
  }

  /** The caption of the picture under the pointer. */
  interface TipMessage {
    type: "tip"
    at: string
    text: string
    more: string
  }

  /** The certification of an attribute. */
  interface CertificationShown {
    state: string
    sentences: string[]
    tested: TestedSet[]
    threshold: number | null
  }

  /** The images that the last round moved across the threshold. */
  interface CrossedMessage {
    type: "crossed"
    words: string
    sides: PictureSide[]
  }

  /** A release: its title, its summary, and the start of its hash. */
  interface ReleaseRow {
    title: string
    words: string
    hash: string
  }

  /** Whether a release can be made, its content in words, and all earlier releases, the newest first. */
  interface ReleasesShown {
    ready: boolean
    sentences: string[]
    made: ReleaseRow[]
  }

  /** A set of the highest scored images: size, images answered, yes, lower bound, and whether it reached the target. */
  interface TestedSet {
    size: string
    sampled: string
    yes: string
    bound: string
    passed: boolean
  }

  /** The effect of a threshold. */
  interface ThresholdMessage {
    type: "threshold"
    figures: Figure[]
    sides: PictureSide[]
    upper: number
    lower: number
    set: boolean
  }

  /** The state of an attribute's rounds. */
  interface RoundsStanding {
    attribute: string
    attributes: Choice[]
    steps: Step[]
    can_train: boolean
    cannot: string
    working: RoundsWorkShown | null
    waiting: number
    sentences: string[]
    round: number
    version: string
    placed: string
    histogram: number[] | null
    figures: Figure[]
    curve: ChartPoint[]
    trade: ChartPoint[]
    here: Spot | null
    advice: string
    threshold: number
    lower: number
    strategy: string
    strategies: Choice[]
    batch: number
    batches: number[]
    certification: CertificationShown
    release: ReleasesShown
  }

  /** A running round: the share that is done, from 0 to 1, and its stage in words. */
  interface RoundsWorkShown {
    share: number
    words: string
  }

  /** A point of a curve with the ends of its interval, and its description. */
  interface ChartPoint {
    x: number
    y: number
    low: number
    high: number
    words: string
  }

  /** An entry of a list: its name in messages, its title for people, and help. */
  interface Choice {
    name: string
    title: string
    help: string
  }

  /** A figure with its name. */
  interface Figure {
    name: string
    value: string
    more: string
    enough: boolean
    help: string
    beside: string
  }

  /** An option of a select: the value that is sent back, and its text. */
  interface Option {
    value: string
    text: string
  }

  /** A small picture. */
  interface PictureItem {
    row: string
    tile: ArrayBuffer
    caption: string
    mark: string
  }

  /** A line of pictures under a title. */
  interface PictureSide {
    title: string
    items: PictureItem[]
  }

  /** A marked place in a chart. */
  interface Spot {
    x: number
    y: number
  }

  /** A step of a tab's work: its title, a short text, and its state ``"done"``, ``"now"``, ``"later"`` or "". */
  interface Step {
    title: string
    words: string
    state: string
  }

  /** An answer that was not recorded. */
  interface Failed {
    type: "failed"
    id: string
    text: string
    again: boolean
  }

  /** Put the focus where the person continues. */
  interface Focus {
    type: "focus"
  }

  /** A sentence beside a person's action. */
  interface Note {
    type: "note"
    text: string
    kind: string
    undo: Undo | null
  }

  /** A refused form, as field -> sentence. Without sentences, the form shows the stored values again. */
  interface Refused {
    type: "refused"
    problems: Record<string, string>
  }

  /** A file for the browser to save: its name, its media type and its bytes. */
  interface SavedFile {
    type: "file"
    name: string
    mime: string
    data: ArrayBuffer
  }

  /** The message that the browser sends to undo the archiving of an attribute, or its return. */
  interface Undo {
    type: "archive"
    name: string
    archived: boolean
  }

  /** An attribute with a filter. */
  interface FilterRow {
    name: string
    title: string
    group: string
    help: string
    mark: string
    histogram: number[]
    low: number
    high: number
    marks: [number, string][]
  }

  /** The filter of an attribute: whether it is active, its minimum, and the images that pass it. */
  interface FilterSetting {
    active: boolean
    minimum: number
    count: number
  }

  /** A first step in a collection without scores: its key, the text of its button, and help. */
  interface Way {
    key: string
    words: string
    help: string
  }

  /** A button above a gallery: its key in messages, its text, help, and whether it is enabled. */
  interface Action {
    key: string
    words: string
    help: string
    enabled: boolean
    primary: boolean
  }

  /** A picture of a gallery. */
  interface GalleryItem {
    row: string
    id: string
    caption: string
    tile: ArrayBuffer
    mark: string
    kind: string
  }

  /** The chosen image: id as text, untrusted caption and source, facts, scores, and why some scores are hidden. */
  interface ImageShown {
    image_id: string
    caption: string
    source: string
    facts: [string, string][]
    scores: ScoreRow[]
    hidden: string
  }

  /** A score of the chosen image. */
  interface ScoreRow {
    name: string
    title: string
    score: number
    minimum: number
    passes: boolean
    shown: string
    marks: [number, string][]
    known: string
    help: string
  }

  /** A control of the toolbar. */
  interface Control {
    kind: string
    name: string
    label: string
    help: string
    often: boolean
    options: Option[]
  }

  /** A tab in the row of tabs: its key, its title, and a tooltip. */
  interface TabTitle {
    key: string
    title: string
    help: string
  }

  /** Parameters of `AnswersChoice`. */
  interface AnswersChoiceValues {
    choices: Record<string, Option[]>
    values: Record<string, string>
    dark: boolean
  }

  /** A message that `AnswersChoice` may send. */
  type AnswersChoiceSent =
    | { name: string; value: string }

  /** A message that `AnswersChoice` receives. */
  type AnswersChoiceReceived =
    | Failed
    | Focus
    | Note
    | Refused
    | SavedFile
    | Undo

  /** The browser's half: the choice of answers to show. */
  type AnswersChoice = Component<AnswersChoiceValues, AnswersChoiceSent, AnswersChoiceReceived>

  /** Parameters of `AttributesTab`. */
  interface AttributesTabValues {
    rows: AttributeRow[]
    ready: boolean
    problem: string
    who: string
    selected: number
    chosen: boolean
    key: string
    dark: boolean
  }

  /** A message that `AttributesTab` may send. */
  type AttributesTabSent =
    | { type: "hello" }
    | { type: "open"; name: string }
    | { type: "close" }
    | { type: "answer"; name: string }
    | { type: "rounds"; name: string }
    | { type: "audit"; name: string }
    | { type: "pictures"; images: ReadonlyArray<number | string> | null }
    | { type: "example"; kind: string; from: string; most: number | string }
    | { type: "save"; name: string; seen_version: number | string; form: { title: string | null; definition: string | null; counts: string | null; counts_not: string | null; examples_yes: ReadonlyArray<number | string>; examples_no: ReadonlyArray<number | string> } }
    | { type: "archive"; name: string; archived: boolean }
    | { type: "agree"; name: string; agree: number | string }
    | { type: "export"; name: string; kind: string }
    | { type: "people"; name: string }
    | { type: "requirements"; name: string; requirements: { answers: number | string; accuracy: number; test: number | string; share: number } }
    | { type: "gold"; name: string; count: number | string }
    | { type: "retire"; name: string; image: number | string }
    | { type: "permit"; name: string; person: string; allowed: true | false | null }

  /** A message that `AttributesTab` receives. */
  type AttributesTabReceived =
    | PeopleMessage
    | InstructionsMessage
    | ConflictMessage
    | CreateMessage
    | DefinitionSaved
    | DetailMessage
    | ExampleMessage
    | PicturesMessage
    | Failed
    | Focus
    | Note
    | Refused
    | SavedFile
    | Undo

  /** The browser's half. */
  type AttributesTab = Component<AttributesTabValues, AttributesTabSent, AttributesTabReceived>

  /** Parameters of `AuditTab`. */
  interface AuditTabValues {
    standing: OrEmpty<AuditStanding>
    dark: boolean
  }

  /** A message that `AuditTab` may send. */
  type AuditTabSent =
    | { type: "hello" }
    | { type: "choose"; attribute: string }
    | { type: "answer" }
    | { type: "open"; row: number | string }
    | { type: "show"; number: number | string }
    | { type: "plan_form"; name: string; value: string | number | null | boolean }
    | { type: "freeze" }
    | { type: "draw" }
    | { type: "drop" }
    | { type: "publish" }
    | { type: "save"; number: number | string; kind: string }
    | { type: "check"; number: number | string }
    | { type: "region"; region: number | string }
    | { type: "rounds" }
    | { type: "color" }
    | { type: "again" }

  /** A message that `AuditTab` receives. */
  type AuditTabReceived =
    | MistakesMessage
    | Failed
    | Focus
    | Note
    | Refused
    | SavedFile
    | Undo

  /** The browser's half. */
  type AuditTab = Component<AuditTabValues, AuditTabSent, AuditTabReceived>

  /** Parameters of `FilterPanel`. */
  interface FilterPanelValues {
    rows: FilterRow[]
    hidden: string
    settings: Record<string, FilterSetting>
    passing: number
    total: number
    ways: Way[]
    dark: boolean
  }

  /** A message that `FilterPanel` may send. */
  type FilterPanelSent =
    | { type: "clear" }
    | { type: "way"; key: string }
    | { type: "filter"; attribute: string; active?: boolean | null; minimum?: number | null; reset?: boolean | null }

  /** A message that `FilterPanel` receives. */
  type FilterPanelReceived =
    | Failed
    | Focus
    | Note
    | Refused
    | SavedFile
    | Undo

  /** The browser's half: shows rows and sends changes. */
  type FilterPanel = Component<FilterPanelValues, FilterPanelSent, FilterPanelReceived>

  /** Parameters of `Gallery`. */
  interface GalleryValues {
    title: string
    subtitle: string
    empty: string
    problem: string
    total: number
    start: number
    size: number
    items: GalleryItem[]
    chosen: string
    actions: Action[]
    removable: boolean
    dark: boolean
  }

  /** A message that `Gallery` may send. */
  type GallerySent =
    | { type: "turn"; start: number | string }
    | { type: "action"; key: string }
    | { type: "open"; row: number | string }
    | { type: "remove"; row: number | string }

  /** A message that `Gallery` receives. */
  type GalleryReceived =
    | Failed
    | Focus
    | Note
    | Refused
    | SavedFile
    | Undo

  /** The browser's half: shows a page and sends clicks. */
  type Gallery = Component<GalleryValues, GallerySent, GalleryReceived>

  /** Parameters of `InspectorCard`. */
  interface InspectorCardValues {
    picture: ArrayBuffer
    record: OrEmpty<ImageShown>
    dark: boolean
  }

  /** A message that `InspectorCard` may send. */
  type InspectorCardSent =
    | { type: "close" }
    | { type: "similar" }

  /** A message that `InspectorCard` receives. */
  type InspectorCardReceived =
    | Failed
    | Focus
    | Note
    | Refused
    | SavedFile
    | Undo

  /** The browser's half: shows the card. */
  type InspectorCard = Component<InspectorCardValues, InspectorCardSent, InspectorCardReceived>

  /** Parameters of `LabelTab`. */
  interface LabelTabValues {
    status: LabelStatus
    key: string
    dark: boolean
  }

  /** A message that `LabelTab` may send. */
  type LabelTabSent =
    | { type: "hello"; token?: string | null; work?: { [name: string]: unknown } | null; pending?: ReadonlyArray<{ [name: string]: unknown } | null> | null }
    | { type: "join"; name: string }
    | { type: "leave" }
    | { type: "take_over" }
    | { type: "alive" }
    | { type: "wide" }
    | { type: "define" }
    | { type: "work"; attribute?: string; mode?: "page" | "single"; size?: 6 | 12 | 24 | 48; batch?: string; captions?: boolean; fresh?: boolean }
    | { type: "act"; annotator?: string; kind: "answer"; id: string; page: string; replies: ReadonlyArray<readonly [number | string, "yes" | "no" | "unsure", number]> }
    | { type: "act"; annotator?: string; kind: "caption"; id: string; page: string; draw: number | string; image: number | string; text: string | null; seconds: number }
    | { type: "fill" }
    | { type: "skip"; page: string; draws: ReadonlyArray<number | string> }
    | { type: "undo"; id: string }
    | { type: "redo"; id: string }
    | { type: "confirm_run"; yes: boolean }
    | { type: "agree"; count: number | string }
    | { type: "cancel"; batch: string }
    | { type: "source"; key: string; value: string | null }
    | { type: "select_cluster"; value: string }
    | { type: "bulk_answer"; what: "keep" | "rollback"; act: string; batch: string }
    | { type: "instructions" }

  /** A message that `LabelTab` receives. */
  type LabelTabReceived =
    | InstructionsMessage
    | AwayMessage
    | ClearMessage
    | DropMessage
    | NameMessage
    | NothingMessage
    | PageMessage
    | RedoneMessage
    | RestartMessage
    | SavedMessage
    | UndoneMessage
    | WhoMessage
    | Failed
    | Focus
    | Note
    | Refused
    | SavedFile
    | Undo

  /** The browser's half. */
  type LabelTab = Component<LabelTabValues, LabelTabSent, LabelTabReceived>

  /** Parameters of `MapCanvas`. */
  interface MapCanvasValues {
    extent: [number, number, number, number]
    finest_cell: number
    labels: ClusterName[]
    show_labels: boolean
    legend: OrEmpty<Legend>
    square: [number, number, number]
    selected_place: [] | [number, number]
    selection: OrEmpty<SelectionShown>
    layout_name: string
    preparing: string
    ground: string
    dark: boolean
    session: Record<string, unknown>
    served: boolean
  }

  /** A message that `MapCanvas` may send. */
  type MapCanvasSent =
    | { type: "view"; id: number | string; dpr: number; width: number; height: number; x0: number; y0: number; x1: number; y1: number; fresh?: boolean | null; margin?: number }
    | { type: "seen"; serial: number | string }
    | { type: "tap"; x: number; y: number; level: number | string }
    | { type: "hover"; x: number; y: number; level: number | string; at: string | null }
    | { type: "labels" }
    | { type: "clear_filters" }
    | { type: "window"; width: number }
    | { type: "close" }
    | { type: "restore"; session: { [name: string]: unknown } | null }
    | { type: "select"; serial: number | string; shape: "box" | "lasso"; how: "replace" | "add" | "subtract"; points: ReadonlyArray<readonly [number, number]> }
    | { type: "mark"; x: number; y: number; level: number | string }
    | { type: "select_all" }
    | { type: "undo" }
    | { type: "clear" }
    | { type: "tab" }

  /** A message that `MapCanvas` receives. */
  type MapCanvasReceived =
    | FrameMessage
    | GoMessage
    | ModeMessage
    | OriginalMessage
    | OriginalNote
    | ProblemMessage
    | SelectedMessage
    | TappedMessage
    | TipMessage
    | Failed
    | Focus
    | Note
    | Refused
    | SavedFile
    | Undo

  /** Draws frames and names, and sends gestures. */
  type MapCanvas = Component<MapCanvasValues, MapCanvasSent, MapCanvasReceived>

  /** Parameters of `MapToolbar`. */
  interface MapToolbarValues {
    choices: Control[]
    values: Record<string, string | boolean>
    hidden: string[]
    dark: boolean
  }

  /** A message that `MapToolbar` may send. */
  type MapToolbarSent =
    | { name: string; value: boolean | string }

  /** A message that `MapToolbar` receives. */
  type MapToolbarReceived =
    | Failed
    | Focus
    | Note
    | Refused
    | SavedFile
    | Undo

  /** The browser's half. */
  type MapToolbar = Component<MapToolbarValues, MapToolbarSent, MapToolbarReceived>

  /** Parameters of `RoundsTab`. */
  interface RoundsTabValues {
    standing: OrEmpty<RoundsStanding>
    dark: boolean
  }

  /** A message that `RoundsTab` may send. */
  type RoundsTabSent =
    | { type: "hello" }
    | { type: "choose"; attribute: string }
    | { type: "answer" }
    | { type: "open"; row: number | string }
    | { type: "option"; name: "strategy" | "batch"; value: string | number | string }
    | { type: "train" }
    | { type: "stop" }
    | { type: "audit" }
    | { type: "threshold"; upper: number; lower: number }
    | { type: "find"; precision: number }
    | { type: "use" }
    | { type: "plan"; precision: number }
    | { type: "begin" }
    | { type: "drop" }
    | { type: "release" }

  /** A message that `RoundsTab` receives. */
  type RoundsTabReceived =
    | CrossedMessage
    | ThresholdMessage
    | Failed
    | Focus
    | Note
    | Refused
    | SavedFile
    | Undo

  /** The browser's half. */
  type RoundsTab = Component<RoundsTabValues, RoundsTabSent, RoundsTabReceived>

  /** Parameters of `SearchBox`. */
  interface SearchBoxValues {
    busy: boolean
    share: number
    result: string
    advice: string
    served: boolean
    dark: boolean
  }

  /** A message that `SearchBox` may send. */
  type SearchBoxSent =
    | { text: string | null }

  /** A message that `SearchBox` receives. */
  type SearchBoxReceived =
    | Failed
    | Focus
    | Note
    | Refused
    | SavedFile
    | Undo

  /** The browser's half. */
  type SearchBox = Component<SearchBoxValues, SearchBoxSent, SearchBoxReceived>

  /** Parameters of `Tabs`. */
  interface TabsValues {
    tabs: TabTitle[]
    open: string
    dark: boolean
  }

  /** A message that `Tabs` may send. */
  type TabsSent =
    | { open: string }

  /** A message that `Tabs` receives. */
  type TabsReceived =
    | Failed
    | Focus
    | Note
    | Refused
    | SavedFile
    | Undo

  /** The browser's half. */
  type Tabs = Component<TabsValues, TabsSent, TabsReceived>

  /** Parameters of `Words`. */
  interface WordsValues {
    heading: string
    words: string
    problem: boolean
    dark: boolean
  }

  /** A message that `Words` may send. */
  type WordsSent =
    | never

  /** A message that `Words` receives. */
  type WordsReceived =
    | never

  /** A line of text, or a problem with a heading. */
  type Words = Component<WordsValues, WordsSent, WordsReceived>
}
