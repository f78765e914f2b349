// A person at a browser of their own. Elements are found by the names that people see or hear, as in the other browser tests.
import { expect } from '@playwright/test'
import { ENTER, type Session } from './session'

const LOG = '//*[@role="log"]'
const COMPOSER = '//textarea[@id=//label[starts-with(normalize-space(), "Message to")]/@for]'
export const DIALOG = '//dialog[@open]'

export const button = (name: string) => `//button[normalize-space()="${name}" or @aria-label="${name}"]`
export const link = (name: string) => `//a[normalize-space()="${name}"]`
export const field = (label: string) => `//*[@id=//label[starts-with(normalize-space(), "${label}")]/@for]`
/** The elements with exactly this text, without those around them. */
export const text = (said: string) => `//*[normalize-space()="${said}"][not(*[normalize-space()="${said}"])]`

export class Person {
  constructor(
    readonly session: Session,
    readonly name: string,
    /** Where this person's browser finds the server. */
    private readonly site: string,
  ) {}

  get shown(): string {
    return this.name[0].toUpperCase() + this.name.slice(1)
  }

  async signUp(): Promise<void> {
    const { session } = this
    await session.goTo(`${this.site}/register`)
    await session.type(field('User name'), this.name)
    await session.type(field('Name to show'), this.shown)
    await session.type(field('Password'), 'correct horse')
    await session.click(button('Create account'))
    await expect.poll(() => session.url()).toBe(`${this.site}/`)
    await session.arrive()
  }

  /** Opens the direct room with another person. */
  async chatWith(other: Person): Promise<void> {
    // The button does nothing before the page's program has started.
    await expect(async () => {
      if ((await this.session.count(DIALOG)) === 0) await this.session.click(link('New chat'))
      expect(await this.session.count(DIALOG)).toBe(1)
    }).toPass()
    await this.session.type(DIALOG + field('Search people'), other.name)
    await this.click(`${DIALOG}//button[contains(normalize-space(), "Chat with ${other.shown}")]`)
    await this.sees(`//h1[normalize-space()="${other.shown}"]`)
  }

  async open(room: string): Promise<void> {
    await this.click(this.roomLink(room))
    await this.sees(`//h1[normalize-space()="${room}"]`)
  }

  /** Writes and presses Enter. */
  async say(said: string): Promise<void> {
    await this.type(said)
    await this.pressEnter()
  }

  /** Writes into the composer. What is typed while the page's program starts may get lost, so it is typed until it can be sent. */
  async type(said: string): Promise<void> {
    await expect(async () => {
      await this.session.retype(COMPOSER, said)
      expect(await this.session.count('//button[@aria-label="Send"][not(@disabled)]')).toBe(1)
    }).toPass()
  }

  async pressEnter(): Promise<void> {
    await this.session.type(COMPOSER, ENTER)
  }

  /** The dialog about the message with exactly this text. */
  async openActions(said: string): Promise<void> {
    await this.click(`${LOG}//li[.${text(said)}]${button('Message actions')}`)
    await this.sees(DIALOG)
  }

  /** Until exactly one message has exactly this text. */
  async reads(said: string): Promise<void> {
    await this.sees(LOG + text(said))
  }

  /** Until an XPath finds so many elements. */
  async sees(xpath: string, count = 1): Promise<void> {
    await expect.poll(() => this.session.count(xpath), { message: `${this.name} sees ${xpath}` }).toBe(count)
  }

  /** Until so many messages show this progress. */
  async seesProgress(progress: string, count: number): Promise<void> {
    await this.sees(LOG + text(progress), count)
  }

  /** Clicks as soon as the element is there and nothing covers it. */
  async click(xpath: string): Promise<void> {
    await expect(() => this.session.click(xpath)).toPass()
  }

  /** The messages that begin with this, in order. */
  messages(start: string): Promise<string[]> {
    return this.session.texts(`${LOG}//p[contains(@class, "body")][starts-with(normalize-space(), "${start}")]`)
  }

  roomLink(room: string): string {
    return `//nav[@aria-label="Rooms"]//a[.//*[normalize-space()="${room}"]]`
  }

  /** Until the service worker has a page to show without a network. */
  async isKept(): Promise<void> {
    const keys = 'return caches.open("pages").then((pages) => pages.keys()).then((keys) => keys.length)'
    await expect.poll(() => this.session.run<number>(keys)).toBeGreaterThan(0)
  }
}
