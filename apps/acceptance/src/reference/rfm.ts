/**
 * Recency, frequency and monetary bands of everybody who bought: the band of a value is one more than the number of
 * nearest-rank quantiles (1/5, 2/5, 3/5, 4/5) below it, for recency counted from the other end; the tier by thirds.
 */
export const rfmOfEverybody = `
WITH
  buyers AS (
    SELECT person, -toInt64(max(at)) AS silence, count() AS orders, toFloat64(sum(revenue)) AS spent
    FROM invoices WHERE NOT cancelled GROUP BY person
  ),
  cuts AS (
    SELECT
      arrayMap(k -> arraySort(groupArray(silence))[toUInt64(ceil(count() * k / 5))], [1, 2, 3, 4]) AS of_silence,
      arrayMap(k -> arraySort(groupArray(orders))[toUInt64(ceil(count() * k / 5))], [1, 2, 3, 4]) AS of_orders,
      arrayMap(k -> arraySort(groupArray(spent))[toUInt64(ceil(count() * k / 5))], [1, 2, 3, 4]) AS of_spent
    FROM buyers
  ),
  bands AS (
    SELECT person,
      toUInt32(5 - arrayCount(cut -> silence > cut, of_silence)) AS recency,
      toUInt32(1 + arrayCount(cut -> orders > cut, of_orders)) AS frequency,
      toUInt32(1 + arrayCount(cut -> spent > cut, of_spent)) AS monetary
    FROM buyers CROSS JOIN cuts
  )
SELECT person, recency, frequency, monetary, concat(recency, '-', frequency, '-', monetary) AS score,
  [
    ['hibernating', 'at-risk', 'cannot-lose'],
    ['needs-attention', 'potential', 'loyal'],
    ['new', 'potential', 'champion']
  ][multiIf((recency - 1) / 4 < 1 / 3, 1, (recency - 1) / 4 < 2 / 3, 2, 3)]
   [multiIf((frequency + monetary - 2) / 8 < 1 / 3, 1, (frequency + monetary - 2) / 8 < 2 / 3, 2, 3)] AS tier
FROM bands
ORDER BY person`

export interface RfmRow {
  readonly person: string
  readonly recency: number
  readonly frequency: number
  readonly monetary: number
  readonly score: string
  readonly tier: string
}
