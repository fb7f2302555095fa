import React, { useEffect, useState } from 'react';

import { fetchTasks, saveTask, type Task } from '../api/tasks';
import { Spinner } from '../components/Spinner';
import { TaskRow } from './TaskRow';
import styles from './TaskList.module.css';

interface Props {
  project: string;
  onSelect: (task: Task) => void;
}

type Filter = 'all' | 'open' | 'done';

export function TaskList({ project, onSelect }: Props) {
  const [tasks, setTasks] = useState<Task[]>([]);
  const [filter, setFilter] = useState<Filter>('all');
  const [loading, setLoading] = useState(true);

  useEffect(() => {
    let cancelled = false;
    setLoading(true);
    fetchTasks(project).then((found) => {
      if (!cancelled) {
        setTasks(found);
        setLoading(false);
      }
    });
    return () => {
      cancelled = true;
    };
  }, [project]);

  const visible = tasks.filter((task) => {
    if (filter === 'open') return !task.done;
    if (filter === 'done') return task.done;
    return true;
  });

  const toggle = async (task: Task) => {
    const changed = { ...task, done: !task.done };
    setTasks(tasks.map((other) => (other.id === task.id ? changed : other)));
    await saveTask(changed);
  };

  if (loading) {
    return <Spinner />;
  }

  return (
    <section className={styles.list}>
      <header className={styles.header}>
        <h2>{project}</h2>
        <select value={filter} onChange={(event) => setFilter(event.target.value as Filter)}>
          <option value="all">All</option>
          <option value="open">Open</option>
          <option value="done">Done</option>
        </select>
      </header>
      <ul>
        {visible.map((task) => (
          <TaskRow
            key={task.id}
            task={task}
            onToggle={() => toggle(task)}
            onClick={() => onSelect(task)}
          />
        ))}
      </ul>
      <footer className={styles.footer}>
        <span>{visible.length} tasks</span>
      </footer>
    </section>
  );
}

export function EmptyList() {
  return (
    <section className={styles.list}>
      <p>There is nothing to do.</p>
    </section>
  );
}
