// The keyboard's place: who acts with the keyboard can go on with it, whatever changes on the page meanwhile.
import { type Locator, type Page } from '@playwright/test'
import { type Person, expect, test } from '../support/test'

async function press(control: Locator, key = 'Enter') {
  await control.focus()
  await control.press(key)
}

/** Makes a group with these members and opens its details; the keyboard alone is used from then on. */
async function detailsOfGroup(owner: Person, members: Person[]): Promise<Locator> {
  const ids = await Promise.all(members.map((member) => member.api<{ user: { id: string } }>('GET', '/api/me')))
  await owner.api('POST', '/api/rooms', { kind: 'group', name: 'Tea', member_ids: ids.map(({ user }) => user.id) })
  await owner.open('Tea')
  await press(owner.page.getByRole('link', { name: 'Room details' }))
  const details = owner.page.getByRole('dialog', { name: 'Room details' })
  await expect(details.getByRole('list', { name: 'Members' }).getByRole('listitem')).toHaveCount(members.length + 1)
  return details
}

const actions = (page: Page, text: string) =>
  page.getByRole('listitem').filter({ hasText: text }).getByRole('button', { name: 'Message actions' })

test('a reaction leaves the focus where it was', async ({ signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  for (const person of [ada, bob]) await person.open('General')
  await bob.say('Tea at four')
  await expect(ada.message('Tea at four')).toBeVisible()

  // By the dialog: the focus is back at what opened it, and the reaction comes next.
  await press(actions(ada.page, 'Tea at four'))
  await press(ada.page.getByRole('button', { name: 'React with \u{1f389}' }))
  const reaction = (name: string) => ada.log.getByRole('button', { name, exact: true })
  await expect(reaction('\u{1f389}, 1 person, you too')).toBeVisible()
  await expect(actions(ada.page, 'Tea at four')).toBeFocused()
  await ada.page.keyboard.press('Tab')
  await expect(reaction('\u{1f389}, 1 person, you too')).toBeFocused()

  // Others react while it has the focus, and it is pressed again and again.
  await bob.act('Tea at four', async (dialog) => dialog.getByRole('button', { name: 'React with \u{1f389}' }).click())
  await expect(reaction('\u{1f389}, 2 people, you too')).toBeFocused()
  await ada.page.keyboard.press('Enter')
  await expect(reaction('\u{1f389}, 1 person')).toBeFocused()
  await ada.page.keyboard.press('Enter')
  await expect(reaction('\u{1f389}, 2 people, you too')).toBeFocused()

  // A reaction that is gone leaves it with its message.
  await bob.log.getByRole('button', { name: '\u{1f389}, 2 people, you too' }).click()
  await expect(reaction('\u{1f389}, 1 person, you too')).toBeFocused()
  await ada.page.keyboard.press('Enter')
  await expect(ada.log.getByRole('group', { name: 'Reactions' })).toHaveCount(0)
  await expect(actions(ada.page, 'Tea at four')).toBeFocused()
})

test('a dialog whose opener is gone leaves the focus with the composer', async ({ signUp }) => {
  const ada = await signUp('ada')
  await ada.open('General')
  await ada.say('Tea at four')
  await press(actions(ada.page, 'Tea at four'))
  const dialog = ada.page.getByRole('dialog', { name: 'Message' })
  await press(dialog.getByRole('button', { name: 'Delete message' }))
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await ada.page.keyboard.press('Enter')
  await expect(dialog.getByRole('button', { name: 'Delete message' })).toBeFocused()
  await ada.page.keyboard.press('Enter')
  await press(dialog.getByRole('button', { name: 'Delete', exact: true }))
  await expect(ada.log.getByText('Message deleted')).toBeVisible()
  await expect(ada.composer).toBeFocused()
})

test('one dialog after another gives the focus back to what opened the first', async ({ signUp }) => {
  const ada = await signUp('ada')
  const opener = ada.page.getByRole('link', { name: 'Public rooms', exact: true })
  await press(opener)
  await press(ada.page.getByRole('button', { name: 'Create a public room' }))
  await expect(ada.page.getByRole('dialog', { name: 'New chat' }).getByLabel('Name')).toBeVisible()
  await ada.page.keyboard.press('Escape')
  await expect(opener).toBeFocused()
})

test('a room in the list keeps the focus while messages move the rooms', async ({ signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  const cyn = await signUp('cyn')
  for (const other of [bob, cyn]) await ada.acquaint(other)
  const rooms = ada.page.getByRole('navigation', { name: 'Rooms' }).getByRole('listitem')
  await expect(rooms.first()).toContainText(cyn.shown)
  await ada.open('General')
  // By the start of its name: the previews of other rooms name people too.
  const room = rooms.getByRole('link', { name: /^Bob/ })
  await room.focus()
  await bob.open('General')
  await bob.say('General goes up, past a room')
  await expect(rooms.first()).toContainText('past a room')
  await expect(room).toBeFocused()
  await bob.open(ada.shown)
  await bob.say('and this one goes up itself')
  await expect(rooms.first()).toContainText('this one goes up')
  await expect(room).toBeFocused()
  await ada.page.keyboard.press('Enter')
  await expect(ada.message('and this one goes up itself')).toBeVisible()
})

test('members are changed with the keyboard alone', async ({ signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  const cyn = await signUp('cyn')
  for (const other of [bob, cyn]) await ada.acquaint(other)
  const details = await detailsOfGroup(ada, [bob, cyn])
  const rows = details.getByRole('list', { name: 'Members' }).getByRole('listitem')

  // Cyn's row moves up, above Bob's: the button that was pressed is gone, the one in its place has the focus.
  await press(details.getByRole('button', { name: 'Make an admin: Cyn' }))
  await expect(rows.nth(1)).toContainText('@cyn · Admin')
  await expect(details.getByRole('button', { name: 'Make a member: Cyn' })).toBeFocused()
  await ada.page.keyboard.press('Tab')
  await expect(details.getByRole('button', { name: 'Make an owner: Cyn' })).toBeFocused()

  // The row below loses nothing when the one above goes.
  await press(details.getByRole('button', { name: 'Remove Cyn' }))
  await expect(rows).toHaveCount(2)
  await expect(rows.getByRole('link', { name: 'Block' })).toBeFocused()

  await details.getByLabel('Search people').focus()
  await ada.page.keyboard.type('cyn')
  await expect(details.getByRole('button', { name: 'Add Cyn' })).toBeVisible()
  await expect(details.getByLabel('Search people')).toBeFocused()
  await press(details.getByRole('button', { name: 'Add Cyn' }))
  await expect(rows).toHaveCount(3)
  await expect(details.getByLabel('Search people')).toBeFocused()

  await details.getByRole('textbox', { name: 'Name' }).fill('Coffee')
  await press(details.getByRole('button', { name: 'Rename' }))
  await expect(ada.page.getByRole('heading', { level: 1, name: 'Coffee' })).toHaveCount(1)
  await expect(details.getByRole('button', { name: 'Rename' })).toBeEnabled()
  await expect(details.getByRole('button', { name: 'Rename' })).toBeFocused()
})

test('a notice that goes away leaves the focus with the page', async ({ node, signUp }) => {
  const ada = await signUp('ada')
  await ada.open('General')
  await node.kill()
  const again = ada.page.getByRole('button', { name: 'Try now' })
  await expect(again).toBeVisible()
  await again.focus()
  await node.start()
  await again.press('Enter').catch(() => {})
  await expect(again).toHaveCount(0)
  await expect(ada.composer).toBeFocused()
})
