import type { Request, Response } from "./http";
import { HttpError } from "./http";

export type Handler = (request: Request, response: Response) => Promise<void> | void;

interface Route {
  method: string;
  pattern: RegExp;
  names: string[];
  handler: Handler;
}

export interface Match {
  handler: Handler;
  params: Record<string, string>;
}

/** Finds the handler of a request by method and path. */
export class Router {
  private readonly routes: Route[] = [];

  constructor(private readonly prefix: string = "") {}

  get(path: string, handler: Handler): this {
    return this.add("GET", path, handler);
  }

  post(path: string, handler: Handler): this {
    return this.add("POST", path, handler);
  }

  put(path: string, handler: Handler): this {
    return this.add("PUT", path, handler);
  }

  patch(path: string, handler: Handler): this {
    return this.add("PATCH", path, handler);
  }

  delete(path: string, handler: Handler): this {
    return this.add("DELETE", path, handler);
  }

  private add(method: string, path: string, handler: Handler): this {
    const names: string[] = [];
    const source = (this.prefix + path).replace(/:(\w+)/g, (_, name: string) => {
      names.push(name);
      return "([^/]+)";
    });
    this.routes.push({ method, pattern: new RegExp(`^${source}$`), names, handler });
    return this;
  }

  match(method: string, path: string): Match | undefined {
    for (const route of this.routes) {
      if (route.method !== method) {
        continue;
      }
      const found = route.pattern.exec(path);
      if (!found) {
        continue;
      }
      const params: Record<string, string> = {};
      route.names.forEach((name, index) => {
        params[name] = found[index + 1];
      });
      return { handler: route.handler, params };
    }
    return undefined;
  }

  async handle(request: Request, response: Response): Promise<void> {
    const match = this.match(request.method, request.path);
    if (!match) {
      throw new HttpError(404, `no route for ${request.path}`);
    }
    request.params = match.params;
    await match.handler(request, response);
  }
}
