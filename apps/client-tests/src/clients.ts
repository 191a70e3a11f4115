import type { TestBrowser } from './browser/open-browser.ts'
import { rudderJs } from './browser/rudder-js.ts'
import { segmentNext } from './browser/segment-next.ts'
import { customerioNode } from './node/customerio-node.ts'
import { expoRudderNode } from './node/expo-rudder-node.ts'
import { jitsuBrowserPaths, jitsuServerPaths } from './node/jitsu.ts'
import { juneNode } from './node/june-node.ts'
import { oldSegmentNode } from './node/old-segment-node.ts'
import { rudderNode } from './node/rudder-node.ts'
import { segmentNode } from './node/segment-node.ts'
import type { TrackingClient } from './tracking-client.ts'

/** The libraries that run on servers. */
export const nodeClients: readonly TrackingClient[] = [
  segmentNode,
  customerioNode,
  oldSegmentNode,
  rudderNode,
  expoRudderNode,
  juneNode,
  jitsuBrowserPaths,
  jitsuServerPaths,
]

/** The libraries that run in pages, in a browser that is there. */
export const browserClients = (browser: TestBrowser): readonly TrackingClient[] => [
  segmentNext(browser),
  segmentNext(browser, { batchMs: 200 }),
  rudderJs(browser),
  rudderJs(browser, { batchMs: 200 }),
  rudderJs(browser, { beaconMs: 200 }),
]
