// What the browser says against a page: errors on the console, exceptions, a broken content security policy. Firefox tells
// all of it (WebDriver BiDi). WebKitGTK's driver tells nothing, so there the page itself notes it once it is loaded.
import type { Session } from './session'

/** What is lost with the network, or with a page that is left while it still loads its parts. */
const NETWORK = new RegExp(
  [
    'WebSocket|connection to (the server at )?ws:|NetworkError|network connection was lost|Could not connect',
    'AbortError: The operation was aborted|a part of the page could not be loaded',
  ].join('|'),
)

/** Notes complaints in the page, once a document. */
const NOTE = `
  if (window.complaints) return
  window.complaints = []
  const note = (text) => window.complaints.push(String(text))
  const { error } = console
  console.error = (...said) => { note(said.join(' ')); error.apply(console, said) }
  addEventListener('error', (event) => note(event.message))
  addEventListener('unhandledrejection', (event) => note(event.reason))
  addEventListener('securitypolicyviolation', (event) => note('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`

type Entry = { method?: string; params: { level: string; text: string | null } }

export class Complaints {
  private readonly found: string[] = []

  /** `socket` is the address of WebDriver BiDi, where the driver has it. */
  constructor(
    private readonly session: Session,
    private readonly socket?: string,
  ) {}

  async start(): Promise<void> {
    if (!this.socket) return
    const socket = new WebSocket(this.socket)
    await new Promise((done, failed) => {
      socket.onopen = () => socket.send(`{"id":1,"method":"session.subscribe","params":{"events":["log.entryAdded"]}}`)
      socket.onerror = () => failed(new Error(`no connection to ${this.socket}`))
      // The first message answers the subscription.
      socket.onmessage = done
    })
    socket.onmessage = ({ data }) => {
      const { method, params } = JSON.parse(data) as Entry
      if (method === 'log.entryAdded' && params.level === 'error') this.found.push(params.text ?? '')
    }
  }

  /** What the page noted goes with it. */
  async leavePage(): Promise<void> {
    if (this.socket) return
    this.found.push(...(await this.session.run<string[]>('return (window.complaints || []).splice(0)')))
  }

  async enterPage(): Promise<void> {
    if (!this.socket) await this.session.run(NOTE)
  }

  async take(): Promise<string[]> {
    await this.leavePage()
    return this.found.splice(0).filter((text) => !NETWORK.test(text))
  }
}
