import { expect, it } from 'vitest'
import { createFigures } from './figures.ts'
import { printFigures } from './print-figures.ts'

it('tells which figures differ', () => {
  const figures = createFigures()
  figures.sql('orders', 22_064, 22_064)
  figures.contract('coupon', ['issued'], ['refused'])
  figures.sql('revenue', Number.NaN, 1)
  expect(figures.all().map(({ equal }) => equal)).toEqual([true, false, false])
  const [, , orders, coupon] = printFigures(figures.all())
  expect(orders).toMatch(/^orders +22,064 +22,064 +SQL +yes$/)
  expect(coupon).toMatch(/NO$/)
})
