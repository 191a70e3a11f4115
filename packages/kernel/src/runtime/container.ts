/**
 * The one file that imports tsyringe, which asks for reflect-metadata even where no decorator is used. Values
 * only: construction, order and disposal belong to the lifecycle.
 */
import 'reflect-metadata'
import { type DependencyContainer, container as root } from 'tsyringe'

/** Holds values by name. A child sees what its parent holds unless it has its own. */
export interface Container {
  /** Throws when this container already holds the name: tsyringe would keep both and silently serve the last. */
  put(name: string, value: unknown): void
  has(name: string): boolean
  /** Throws when neither this container nor a parent holds the name. */
  get(name: string): unknown
  child(): Container
}

/** tsyringe takes undefined and null for something to construct. */
interface Box {
  readonly value: unknown
}

/** A container that shares nothing with any other: two kernels in one process never meet. */
export function createContainer(): Container {
  return wrap(root.createChildContainer(), new Map())
}

/** Tokens are symbols of this tree alone, so nothing that others registered globally can be seen through it. */
function wrap(inner: DependencyContainer, tokens: Map<string, symbol>): Container {
  const tokenOf = (name: string): symbol => {
    const token = tokens.get(name) ?? Symbol(name)
    tokens.set(name, token)
    return token
  }
  return {
    put(name, value) {
      if (inner.isRegistered(tokenOf(name))) throw new Error(`'${name}' is already registered`)
      inner.registerInstance<Box>(tokenOf(name), { value })
    },
    has: (name) => inner.isRegistered(tokenOf(name), true),
    get: (name) => inner.resolve<Box>(tokenOf(name)).value,
    child: () => wrap(inner.createChildContainer(), tokens),
  }
}
