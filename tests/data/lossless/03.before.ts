export interface Task {
  id: number;
  title: string;
  done: boolean;
}

export class TaskList {
  private tasks: Task[] = [];
  private nextId = 1;

  add(title: string): Task {
    const task = { id: this.nextId++, title, done: false };
    this.tasks.push(task);
    return task;
  }

  complete(id: number): void {
    const task = this.tasks.find((task) => task.id === id);
    if (task) {
      task.done = true;
    }
  }

  open(): Task[] {
    return this.tasks.filter((task) => !task.done);
  }
}
