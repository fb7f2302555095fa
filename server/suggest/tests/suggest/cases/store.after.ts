import { EventEmitter } from 'events'
import type { Key, Value } from './types'

export interface Options {
  limit: number
  name?: string
}

export class Store extends EventEmitter {
  private values = new Map<Key, Value>()

  constructor(private options: Options) {
    super()
  }

  get(key: Key): Value | undefined {
    return this.values.get(key)
  }

  set(key: Key, value: Value): Value | undefined {
    if (this.values.size >= this.options.limit) {
      throw new Error('full')
    }
    const previous = this.values.get(key)
    this.values.set(key, value)
    this.emit('set', key, previous)
    return previous
  }

  delete(key: Key): boolean {
    this.emit('delete', key)
    return this.values.delete(key)
  }
}

export const create = (options: Options) => {
  return new Store(options)
}
