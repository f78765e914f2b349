import { type Person, expect, test } from '../support/test'

const waiting = 'Waiting for the network'

async function twoTabs(ada: Person): Promise<[Person, Person]> {
  await ada.open('General')
  const other = await ada.anotherTab()
  await expect(other.composer).toBeVisible()
  return [ada, other]
}

test('what is typed in one tab is shown in the other, on its way and arrived', async ({ node, signUp }) => {
  const [first, second] = await twoTabs(await signUp('ada'))
  await second.say('from the second')
  await expect(first.message('from the second')).toHaveCount(1)
  await expect(second.log.getByText('Sending')).toHaveCount(0)
  await node.kill()
  await second.say('waits')
  await expect(first.message('waits')).toHaveCount(1)
  await expect(first.log.getByText(waiting)).toHaveCount(1)
})

test('messages typed in two tabs without a network leave once', async ({ node, signUp }) => {
  const bob = await signUp('bob')
  await bob.open('General')
  const [first, second] = await twoTabs(await signUp('ada'))
  await node.kill()
  for (const n of [1, 2, 3]) {
    await first.say(`word ${n}.1`)
    await expect(second.message(`word ${n}.1`)).toBeVisible()
    await second.say(`word ${n}.2`)
    await expect(first.message(`word ${n}.2`)).toBeVisible()
  }
  await node.start()
  for (const tab of [first, second, bob]) await tab.tryNow()
  await expect(bob.message('word 3.2')).toBeVisible({ timeout: 40_000 })
  const said = ['word 1.1', 'word 1.2', 'word 2.1', 'word 2.2', 'word 3.1', 'word 3.2']
  expect(await bob.texts(/^word/)).toEqual(said)
  for (const tab of [first, second]) {
    await expect(tab.log.getByText(waiting)).toHaveCount(0)
    expect(await tab.texts(/^word/)).toEqual(said)
  }
})

test('when the tab that sends is closed, another one sends what is left', async ({ node, signUp }) => {
  const bob = await signUp('bob')
  await bob.open('General')
  const [first, second] = await twoTabs(await signUp('ada'))
  await node.kill()
  await first.say('word 1')
  await second.say('word 2')
  await first.say('word 3')
  await expect(second.message('word 3')).toBeVisible()
  await first.page.close()
  await second.say('word 4')
  await node.start()
  for (const tab of [second, bob]) await tab.tryNow()
  await expect(bob.message('word 4')).toBeVisible({ timeout: 40_000 })
  expect(await bob.texts(/^word/)).toEqual([1, 2, 3, 4].map((n) => `word ${n}`))
  await expect(second.log.getByText(waiting)).toHaveCount(0)
  await second.say('word 5')
  await expect(bob.message('word 5')).toBeVisible()
})

test('a tab that the browser has frozen does not keep others from sending', async ({ signUp }) => {
  const bob = await signUp('bob')
  await bob.open('General')
  const [first, second] = await twoTabs(await signUp('ada'))
  const control = await first.page.context().newCDPSession(first.page)
  await control.send('Page.setWebLifecycleState', { state: 'frozen' })
  await second.say('word 1')
  await expect(bob.message('word 1')).toBeVisible({ timeout: 30_000 })
  await second.say('word 2')
  await expect(bob.message('word 2')).toBeVisible()
  await control.send('Page.setWebLifecycleState', { state: 'active' })
  await expect(first.message('word 2')).toBeVisible()
  await first.say('word 3')
  await expect(bob.message('word 3')).toBeVisible({ timeout: 30_000 })
  expect(await bob.texts(/^word/)).toEqual(['word 1', 'word 2', 'word 3'])
  for (const tab of [first, second]) await expect(tab.log.getByText('Sending')).toHaveCount(0)
})
