// Somebody at a browser of their own.
import { randomUUID } from 'node:crypto'
import { type Browser, type BrowserContext, type BrowserContextOptions, type Locator, type Page, expect } from '@playwright/test'
import type { Node } from './node'

export const password = 'correct horse'

export class Person {
  /** Errors that the page is expected to write to its console; any other one fails the test. */
  readonly expected: RegExp[] = []
  /** Expected errors that it has written. */
  readonly complaints: string[] = []

  private constructor(
    readonly page: Page,
    readonly name: string,
    readonly node: Node,
  ) {}

  /** Opens a browser and signs up; the name to show is the user name with a capital. */
  static async signUp(browser: Browser, node: Node, name: string, options: BrowserContextOptions = {}): Promise<Person> {
    return Person.signUpIn(await browser.newContext({ ...options, baseURL: node.url }), node, name)
  }

  /** The same in a browser that is open already. */
  static async signUpIn(context: BrowserContext, node: Node, name: string): Promise<Person> {
    const person = await Person.at(context, node, name)
    await person.page.goto('/register')
    await person.page.getByLabel('User name').fill(name)
    await person.page.getByLabel('Name to show').fill(person.shown)
    await person.page.getByLabel('Password').fill(password)
    await person.page.getByRole('button', { name: 'Create account' }).click()
    await expect(person.page).toHaveURL(`${node.url}/`)
    return person
  }

  /** The same account at another browser. */
  async signInElsewhere(browser: Browser, options: BrowserContextOptions = {}): Promise<Person> {
    const person = await Person.at(await browser.newContext({ ...options, baseURL: this.node.url }), this.node, this.name)
    await person.page.goto('/login')
    await person.page.getByLabel('User name').fill(this.name)
    await person.page.getByLabel('Password').fill(password)
    await person.page.getByRole('button', { name: 'Sign in' }).click()
    await expect(person.page).toHaveURL(`${this.node.url}/`)
    return person
  }

  /** Another tab of the same browser, at the same address. */
  async anotherTab(): Promise<Person> {
    const tab = await Person.at(this.page.context(), this.node, this.name)
    await tab.page.goto(this.page.url())
    return tab
  }

  /** A tab of a browser in which they have signed in, or will. */
  static async at(context: BrowserContext, node: Node, name: string): Promise<Person> {
    const page = await context.newPage()
    const person = new Person(page, name, node)
    // Whatever a page complains about is a fault: a broken policy, a failed hydration, a panic.
    page.on('pageerror', (error) => {
      throw error
    })
    page.on('console', (message) => {
      const text = message.text()
      const isNetwork = /Failed to load resource|WebSocket connection|ERR_/.test(text)
      if (message.type() !== 'error' || isNetwork) return
      if (!person.expected.some((like) => like.test(text))) throw new Error(`${name}'s console: ${text}`)
      person.complaints.push(text)
    })
    return person
  }

  get shown(): string {
    return this.name[0].toUpperCase() + this.name.slice(1)
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: /^Message to/ })
  }

  get log(): Locator {
    return this.page.getByRole('log', { name: 'Messages' })
  }

  /** The message with exactly this text. */
  message(text: string): Locator {
    return this.log.getByText(text, { exact: true })
  }

  /** Opens the dialog about the message with exactly this text, and does something there. */
  async act(text: string, what: (dialog: Locator) => Promise<void>): Promise<void> {
    const row = this.log.getByRole('listitem').filter({ has: this.page.getByText(text, { exact: true }) })
    await row.hover()
    await row.getByRole('button', { name: 'Message actions' }).click()
    await what(this.page.getByRole('dialog', { name: 'Message' }))
  }

  /** Messages of this kind as they stand, in order. */
  async texts(like: RegExp): Promise<string[]> {
    return this.log.getByText(like).allInnerTexts()
  }

  /** Does not wait for the next try to connect, unless it has succeeded meanwhile. */
  async tryNow(): Promise<void> {
    await this.page.getByRole('button', { name: 'Try now' }).click({ timeout: 3_000 }).catch(() => {})
  }

  /** Until the browser would show this chat without a network. */
  async isKept(): Promise<void> {
    await this.page.waitForFunction(async () => (await (await caches.open('pages')).keys()).length > 0)
  }

  roomLink(name: string): Locator {
    return this.page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name })
  }

  async open(room: string): Promise<void> {
    await this.roomLink(room).click()
    await expect(this.page.getByRole('heading', { level: 1, name: room })).toBeVisible()
  }

  /** Writes and presses Enter. */
  async say(text: string): Promise<void> {
    await this.composer.fill(text)
    await this.composer.press('Enter')
  }

  /** Opens the direct room with somebody. */
  async chatWith(other: Person): Promise<void> {
    await this.page.getByRole('link', { name: 'New chat' }).click()
    const dialog = this.page.getByRole('dialog')
    await dialog.getByLabel('Search people').fill(other.name)
    await dialog.getByRole('button', { name: `Chat with ${other.shown}` }).click()
    await expect(this.page.getByRole('heading', { level: 1, name: other.shown })).toBeVisible()
  }

  /** Both write in their direct room: from then on either may add the other one to groups. */
  async acquaint(other: Person): Promise<void> {
    const { user } = await other.api<{ user: { id: string } }>('GET', '/api/me')
    const { room } = await this.api<{ room: { id: string } }>('POST', '/api/rooms', { kind: 'direct', user_id: user.id })
    for (const person of [this, other]) {
      await person.api('POST', `/api/messages/room/${room.id}`, { client_id: randomUUID(), body: 'hello' })
    }
  }

  /** A request with this browser's session, as the page itself makes it. */
  async api<T>(method: string, path: string, data?: unknown): Promise<T> {
    const answer = await this.page.request.fetch(path, { method, data, headers: { origin: this.node.url } })
    expect(answer.ok(), await answer.text()).toBe(true)
    return (answer.status() === 204 ? undefined : await answer.json()) as T
  }
}
