import type { CompiledNode } from './compiled.ts'
import { type Scope, Task } from './task.ts'

/** One attempt of an item of a map. */
export class ItemTask extends Task {
  readonly index: number
  readonly itemKey: string | null
  readonly mapNeeds: unknown

  constructor(
    scope: Scope,
    node: CompiledNode,
    item: unknown,
    attempt: number,
    index: number,
    key: string | null,
    needs: unknown,
  ) {
    super(scope, node, item, attempt)
    this.index = index
    this.itemKey = key
    this.mapNeeds = needs
  }

  override again(attempt: number): ItemTask {
    return new ItemTask(this.scope, this.node, this.argument, attempt, this.index, this.itemKey, this.mapNeeds)
  }

  override get position(): number {
    return this.self.index
  }

  override get key(): string {
    const { itemKey, index } = this.self
    return itemKey ?? String(index)
  }

  override get needs(): unknown {
    return this.self.mapNeeds
  }

  override get item(): unknown {
    return this.self.argument
  }
}
