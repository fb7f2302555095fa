import { useState } from "react";
import { Icon } from "./Icon";

export interface Recipe {
  id: string;
  title: string;
  minutes: number;
  servings: number;
  ingredients: string[];
}

interface Props {
  recipe: Recipe;
  onCook: (id: string) => void;
}

export function RecipeCard({ recipe, onCook }: Props) {
  const [open, setOpen] = useState(false);

  return (
    <article className="card">
      <header>
        <h3>{recipe.title}</h3>
        <span className="time">
          <Icon name="clock" /> {recipe.minutes} min
        </span>
        <span className="servings">
          <Icon name="plate" /> {recipe.servings}
        </span>
      </header>
      {open && (
        <ul>
          {recipe.ingredients.map((ingredient) => (
            <li key={ingredient}>{ingredient}</li>
          ))}
        </ul>
      )}
      <footer>
        <button aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Less" : "More"}
        </button>
        <button onClick={() => onCook(recipe.id)}>Cook</button>
      </footer>
    </article>
  );
}
