import { expect, test } from '../support/test'
import { password } from '../support/person'

test.use({ javaScriptEnabled: false })

test('signing up, in and out works without JavaScript', async ({ page, node }) => {
  const taken = { username: 'bob', password }
  await page.request.post(`${node.url}/api/auth/register`, { data: taken })
  await page.context().clearCookies()
  await page.goto(`${node.url}/rooms/0190b3a0-0000-7000-8000-000000000000?x=1`)
  await expect(page).toHaveURL(/\/login\?next=/)
  await page.getByRole('link', { name: /account/i }).click()
  await page.getByLabel('User name').fill('bob')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByRole('alert')).toContainText('taken')
  await expect(page.getByLabel('User name')).toHaveValue('bob')
  await page.getByLabel('User name').fill('ada')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.goto(`${node.url}/`)
  await page.getByRole('link', { name: /General/ }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'General' })).toBeVisible()
  await expect(page.getByRole('log').getByText('You joined')).toBeVisible()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(/\/login/)

  await page.getByLabel('User name').fill('ada')
  await page.getByLabel('Password').fill('wrong password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('alert')).toContainText('do not belong together')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).toHaveURL(`${node.url}/`)
  await expect(page.getByRole('link', { name: /General/ })).toBeVisible()
})
