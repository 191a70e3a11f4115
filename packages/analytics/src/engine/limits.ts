/** What one query may use. */
export interface Limits {
  readonly seconds: number
  readonly memoryBytes: number
  /** An answer with more rows is an error, never cut. */
  readonly resultRows: number
}

/** Somebody waits for the answer. */
export const interactive: Limits = Object.freeze({ seconds: 15, memoryBytes: 1_500_000_000, resultRows: 200_000 })

/** Work about everybody: evaluation, training, export. Spills to disk at half of its memory. */
export const batch: Limits = Object.freeze({ seconds: 900, memoryBytes: 4_000_000_000, resultRows: 200_000_000 })

/** In bytes. Lists of people are part of some statements. */
export const MOST_TEXT = '100000000'

/** The limits as settings of the engine, with the ones that make answers exact: whole numbers as numbers, errors instead of cut results. */
export function limitSettings(limits: Limits): Readonly<Record<string, string | number>> {
  const spill = String(Math.floor(limits.memoryBytes / 2))
  return {
    max_execution_time: limits.seconds,
    timeout_overflow_mode: 'throw',
    max_memory_usage: String(limits.memoryBytes),
    max_bytes_before_external_group_by: spill,
    max_bytes_before_external_sort: spill,
    max_result_rows: String(limits.resultRows),
    result_overflow_mode: 'throw',
    max_query_size: MOST_TEXT,
    output_format_json_quote_64bit_integers: 0,
    output_format_json_quote_denormals: 0,
    cancel_http_readonly_queries_on_client_close: 1,
  }
}
