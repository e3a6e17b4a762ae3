import type { CompiledNode } from './compiled.ts'
import { type Scope, Task } from './task.ts'

/** One attempt of an item of a map. */
export class ItemTask extends Task {
  readonly itemKey: string | null

  constructor(scope: Scope, node: CompiledNode, item: unknown, index: number, key: string | null, attempt = 1) {
    super(scope, node, item, index, attempt)
    this.itemKey = key
  }

  protected override successor(): ItemTask {
    return new ItemTask(this.scope, this.node, this.argument, this.position, this.itemKey, this.attempt + 1)
  }

  override get key(): string {
    const { itemKey, position } = this.self
    return itemKey ?? String(position)
  }

  override get item(): unknown {
    return this.self.argument
  }
}
