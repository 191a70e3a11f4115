const mebibyte = 1024 * 1024

/** Settings that keep the server private to this machine's socket; nobody may change them. */
const fixed = { listen_addresses: '', unix_socket_permissions: '0700', port: '5432' }

/** Sizes the server for `memoryBytes` in all and prints the command line. */
export function postgresArguments(options: {
  readonly dataName: string
  readonly socketFolder: string
  readonly memoryBytes: number
  readonly maxConnections: number
  readonly settings: Readonly<Record<string, string>>
}): readonly string[] {
  const megabytes = (share: number, least: number) => `${Math.max(least, Math.floor((options.memoryBytes * share) / mebibyte))}MB`
  const settings = {
    shared_buffers: megabytes(0.25, 16),
    effective_cache_size: megabytes(0.5, 32),
    maintenance_work_mem: megabytes(0.125, 16),
    work_mem: megabytes(0.25 / options.maxConnections, 2),
    max_connections: String(options.maxConnections),
    // After each checkpoint every page is written whole once: where messages come fast, a short way between two makes that most of what is written.
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    // Containers give /dev/shm 64 MB, which one parallel query may exceed.
    dynamic_shared_memory_type: 'mmap',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    cluster_name: 'tenon',
    // Whoever sent a statement is told what was wrong with it. The log of the server would repeat the values.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    ...options.settings,
    ...fixed,
    unix_socket_directories: quoteListItem(options.socketFolder),
  }
  return ['-D', options.dataName, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

/** The setting is a list: a folder whose name holds a comma or a quote needs quotes. */
const quoteListItem = (value: string): string => `"${value.replaceAll('"', '""')}"`
