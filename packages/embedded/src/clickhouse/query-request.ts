import type { IncomingMessage } from 'node:http'
import { ClickHouseException } from './clickhouse-error.ts'
import { quoteIdentifier, quoteString } from './parameter-literal.ts'
import { decodedBody, readText } from './request-body.ts'

/** What a client asks for, read from the address and the body. */
export interface QueryRequest {
  readonly queryId: string
  readonly sql: string
  readonly parameters: ReadonlyMap<string, string>
  /** Statements that prepare the session. */
  readonly setup: readonly string[]
  readonly defaultFormat: string
  /** Rows for an INSERT; the SQL came in the address then. */
  readonly data: AsyncIterable<Uint8Array> | undefined
  readonly wantsCompression: boolean
  readonly wantsExtremes: boolean
}

/** Names in the address that speak to the interface; every other name is a setting. */
const interfaceNames: ReadonlySet<string> = new Set([
  'add_http_cors_header',
  'buffer_size',
  'cancel_http_readonly_queries_on_client_close',
  'client_protocol_version',
  'database',
  'default_format',
  'enable_http_compression',
  'http_headers_progress_interval_ms',
  'http_write_exception_in_output_format',
  'http_zlib_compression_level',
  'password',
  'query',
  'query_id',
  'quota_key',
  'send_progress_in_http_headers',
  'user',
  'wait_end_of_query',
])

/** Names that mean something with a server and can not be had here: to ignore them would be a wrong answer. */
const unsupported: Readonly<Record<string, string>> = {
  session_id: 'Sessions over HTTP are not supported by the embedded engine: send settings with each query',
  role: 'Roles are not supported by the embedded engine',
  compress: "ClickHouse's own compression is not supported by the embedded engine: use Accept-Encoding and enable_http_compression",
  decompress: "ClickHouse's own compression is not supported by the embedded engine: use Content-Encoding",
}

export async function readQueryRequest(
  request: IncomingMessage,
  address: URLSearchParams,
  queryId: string,
  limits: { readonly maxQueryBytes: number; readonly maxFieldBytes: number },
): Promise<QueryRequest> {
  refuseUnsupported(address)
  const { maxFieldBytes } = limits
  for (const [, value] of address) refuseLong(new URLSearchParams({ value }).toString().length - 'value='.length, maxFieldBytes)
  const body = request.method === 'GET' ? undefined : decodedBody(request)
  const form = await readForm(request, body, limits)
  const fromAddress = address.get('query')
  const sql = form?.get('query') ?? fromAddress ?? (body === undefined ? '' : await readText(body, limits.maxQueryBytes))
  return {
    queryId,
    sql,
    parameters: readParameters([...address, ...(form ?? [])]),
    setup: sessionSetup(address, request.method === 'GET'),
    defaultFormat: headerText(request, 'x-clickhouse-format') ?? address.get('default_format') ?? 'TabSeparated',
    data: form === undefined && fromAddress !== null ? body : undefined,
    wantsCompression: isOn(address.get('enable_http_compression')),
    wantsExtremes: isOn(address.get('extremes')),
  }
}

function refuseUnsupported(address: URLSearchParams): void {
  for (const [name, message] of Object.entries(unsupported)) {
    const value = address.get(name)
    if (value !== null && value !== '' && value !== '0') throw new ClickHouseException(48, 'NOT_IMPLEMENTED', message)
  }
}

/** A server takes no longer fields, in an address or in a form: who works with us must work with one. */
function refuseLong(bytes: number, maxFieldBytes: number): void {
  if (bytes > maxFieldBytes)
    throw new ClickHouseException(1000, 'POCO_EXCEPTION', 'Poco::Exception. HTML Form Exception: Field value too long')
}

/** Long parameters come as a form. */
async function readForm(
  request: IncomingMessage,
  body: AsyncIterable<Uint8Array> | undefined,
  { maxQueryBytes, maxFieldBytes }: { readonly maxQueryBytes: number; readonly maxFieldBytes: number },
): Promise<ReadonlyMap<string, string> | undefined> {
  const type = request.headers['content-type']
  if (body === undefined || type === undefined || !type.startsWith('multipart/form-data')) return undefined
  try {
    const form = await new Response(await readText(body, maxQueryBytes), { headers: { 'content-type': type } }).formData()
    const fields = [...form].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []))
    for (const [, value] of fields) refuseLong(Buffer.byteLength(value), maxFieldBytes)
    return new Map(fields)
  } catch (error) {
    if (error instanceof ClickHouseException) throw error
    throw new ClickHouseException(36, 'BAD_ARGUMENTS', 'The multipart body can not be read')
  }
}

function readParameters(entries: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  const prefix = 'param_'
  return new Map(entries.filter(([name]) => name.startsWith(prefix)).map(([name, value]) => [name.slice(prefix.length), value]))
}

function sessionSetup(address: URLSearchParams, isGet: boolean): readonly string[] {
  const database = address.get('database')
  const setup = database === null || database === '' || database === 'default' ? [] : [`USE ${quoteIdentifier(database)}`]
  const settings = new Map([...address].filter(([name]) => isSetting(name)))
  // What a GET asks for must not change anything; and nothing can be set any more once a session is read-only.
  const readonly = settings.get('readonly') ?? (isGet ? '2' : undefined)
  settings.delete('readonly')
  if (readonly !== undefined) settings.set('readonly', readonly)
  return [...setup, ...[...settings].map(([name, value]) => setStatement(name, value))]
}

const isSetting = (name: string): boolean => !interfaceNames.has(name) && !name.startsWith('param_') && unsupported[name] === undefined

function setStatement(name: string, value: string): string {
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new ClickHouseException(115, 'UNKNOWN_SETTING', `Unknown setting ${quoteString(name)}`)
  return `SET ${name} = ${quoteString(value)}`
}

const isOn = (value: string | null): boolean => value === '1' || value === 'true'

function headerText(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
