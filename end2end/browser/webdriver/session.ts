// The commands of W3C WebDriver that the stories need, for one browser window.
import type { BrowserName, Driver } from './driver'
import { Complaints } from './complaints'

/** The name of an element's id on the wire (W3C WebDriver, section 12.1). */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'

type Element = { [ELEMENT]: string }

/** How to send Enter, and Ctrl+A, as keys (W3C WebDriver, section 17.4.2). */
export const ENTER = '\uE007'
const SELECT_ALL = '\uE009a'

/** After that a browser hangs: the story fails instead of the run. */
const COMMAND_TIMEOUT_MS = 60_000

/** WebKitGTK's driver starts MiniBrowser, which comes with it. */
const CAPABILITIES: Record<BrowserName, object> = {
  firefox: {
    webSocketUrl: true,
    'moz:firefoxOptions': {
      ...(process.env.FIREFOX && { binary: process.env.FIREFOX }),
      args: ['-headless'],
    },
  },
  webkit: {},
}

export class Session {
  private readonly complaints: Complaints

  private constructor(
    private readonly driver: Driver,
    private readonly path: string,
    socket?: string,
  ) {
    this.complaints = new Complaints(this, socket)
  }

  static async start(driver: Driver): Promise<Session> {
    const alwaysMatch = CAPABILITIES[driver.browser]
    type Started = { sessionId: string; capabilities: { webSocketUrl?: string } }
    const started = await command<Started>(`${driver.url}/session`, 'POST', { capabilities: { alwaysMatch } })
    const session = new Session(driver, `/session/${started.sessionId}`, started.capabilities.webSocketUrl)
    await session.complaints.start()
    await session.send('POST', '/window/rect', { width: 1280, height: 800 })
    return session
  }

  /** Closes the browser. */
  async end(): Promise<void> {
    await this.send('DELETE', '')
  }

  async goTo(url: string): Promise<void> {
    await this.complaints.leavePage()
    await this.send('POST', '/url', { url })
    await this.complaints.enterPage()
  }

  /** Loads the page again by its address: geckodriver's command for that goes past service workers. */
  async reload(): Promise<void> {
    await this.goTo(await this.url())
  }

  /** To be called after the page itself has gone to another document. */
  async arrive(): Promise<void> {
    await this.complaints.enterPage()
  }

  url(): Promise<string> {
    return this.send('GET', '/url')
  }

  title(): Promise<string> {
    return this.send('GET', '/title')
  }

  async screenshot(): Promise<Buffer> {
    return Buffer.from(await this.send<string>('GET', '/screenshot'), 'base64')
  }

  /** Runs the body of a function in the page and returns what it returns. */
  run<T>(script: string, ...args: unknown[]): Promise<T> {
    return this.send('POST', '/execute/sync', { script, args })
  }

  /** What the pages wrote to the console as errors or did not catch, since this was asked last. */
  takeErrors(): Promise<string[]> {
    return this.complaints.take()
  }

  /** How many elements an XPath finds. */
  async count(xpath: string): Promise<number> {
    return (await this.find(xpath)).length
  }

  /** The texts that are rendered for what an XPath finds, in the order of the document. */
  async texts(xpath: string): Promise<string[]> {
    return this.run(
      `const found = document.evaluate(arguments[0], document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE)
       return Array.from({ length: found.snapshotLength }, (_, place) => found.snapshotItem(place).innerText)`,
      xpath,
    )
  }

  /** Clicks the one element that an XPath finds, as a person does: the driver refuses where it is hidden or covered. */
  async click(xpath: string): Promise<void> {
    await this.send('POST', `/element/${await this.one(xpath)}/click`, {})
  }

  /** Types into the one element that an XPath finds. */
  async type(xpath: string, text: string): Promise<void> {
    await this.send('POST', `/element/${await this.one(xpath)}/value`, { text })
  }

  /** Types in place of the text that a field has. */
  async retype(xpath: string, text: string): Promise<void> {
    await this.type(xpath, SELECT_ALL)
    await this.type(xpath, text)
  }

  private async one(xpath: string): Promise<string> {
    const found = await this.find(xpath)
    if (found.length !== 1) throw new Error(`${found.length} elements: ${xpath}`)
    return found[0][ELEMENT]
  }

  private find(xpath: string): Promise<Element[]> {
    return this.send('POST', '/elements', { using: 'xpath', value: xpath })
  }

  private send<T>(method: string, path: string, body?: unknown): Promise<T> {
    return command(this.driver.url + this.path + path, method, body)
  }
}

async function command<T>(url: string, method: string, body?: unknown): Promise<T> {
  const answer = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(COMMAND_TIMEOUT_MS),
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const { value } = (await answer.json()) as { value: T & { error?: string; message?: string } }
  if (!answer.ok) throw new Error(`${value.error}: ${value.message}`)
  return value
}
