"""Texts that tokenizers tend to disagree about: real code in several languages, then single oddities.

None holds a byte that the default model's vocabulary lacks (0x04, 0x06, 0x13, 0x14, 0x16, 0x1d, 0xf1, 0xf2).
"""

import json
from pathlib import Path

RUST = '''use std::collections::HashMap;

/// Counts how often each word occurs.
pub fn count_words<'a>(text: &'a str) -> HashMap<&'a str, usize> {
    let mut counts = HashMap::with_capacity(1_024);
    for word in text.split_whitespace().filter(|w| !w.is_empty()) {
        *counts.entry(word).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    #[test]
    fn counts_twice() {
        assert_eq!(super::count_words("a b a")["a"], 2, "wrong: {:?}", 0xFFu8);
    }
}
'''

PYTHON = '''from __future__ import annotations
import re

PATTERN = re.compile(r"^\\s*#\\s*(?P<name>[A-Za-z_]\\w*)\\s*=\\s*(.*?)$", re.MULTILINE)


class Ledger:
    """It isn't thread-safe; we'll say so, they've been told."""

    def __init__(self, opening: float = 1234.50, *, currency: str = "EUR") -> None:
        self.balance = opening
        self.entries: list[tuple[str, float]] = []

    def post(self, what: str, amount: float) -> float:
        if amount == 0 or not what.strip():
            raise ValueError(f"can't post {what!r} of {amount:>10.2f}")
        self.entries.append((what, amount))
        self.balance += amount  # 3.14e-10 is fine
        return self.balance
'''

TYPESCRIPT = '''export async function fetchAll<T extends { id: string }>(urls: readonly string[]): Promise<T[]> {
  const results = await Promise.allSettled(urls.map(async (url) => (await fetch(`${url}?v=${Date.now()}`)).json()));
  return results.flatMap((r) => (r.status === "fulfilled" ? [r.value as T] : []));
}

const view = <ul className="list">{items?.map((it) => <li key={it.id}>{it.name ?? "—"}</li>)}</ul>;
'''

GO = '''package main

import (
\t"errors"
\t"fmt"
)

func divide(a, b int64) (q int64, err error) {
\tif b == 0 {
\t\treturn 0, errors.New("division by zero")
\t}
\tswitch q = a / b; {
\tcase q > 1<<32:
\t\tfmt.Printf("%d\\n", q)
\t}
\treturn q, nil
}
'''

SAMPLES = {
    "empty": "",
    "rust": RUST,
    "python": PYTHON,
    "typescript": TYPESCRIPT,
    "go with tabs": GO,
    "crlf": "int main(void)\r\n{\r\n    return 0;\r\n}\r\n\r\n\r\nint x;\r\n",
    "mixed line ends": "a\r\nb\nc\rd\r\r\n\n\re",
    "no final newline": "fn main() {}",
    "leading newlines": "\n\n\nlet x = 1;",
    "only newlines": "\n\n\n\n\n\n\n",
    "only blanks": "                     ",
    "indents of one to nine": "".join(" " * n + "x\n" for n in range(1, 10)),
    "long runs of blanks": "a" + " " * 37 + "b" + " " * 130 + "\n" + " " * 64 + "c",
    "trailing blanks": "x = 1   \ny = 2\t\t\n   \n\t\nz",
    "tabs and blanks": "\t\tif x {\n\t  \t return\t// why\n\t\t}\n",
    "blank before digit": "a 1  2   3\n    4\t5\n 678",
    "digits": "0 12 123 1234 12345 0x1F 1_000_000 3.14159 1e-9 v1.22.333.4444",
    "digits of other scripts": "x² + y³ = ½, Ⅳ, ٣٤٥, १२३, 12３",
    "contractions": "it's IT'S we'll WE'LL they've I'd 'S 'LL 'Re don't 'twas x's's ''s",
    "curly contractions": "it’s we’ll they’ve",
    "control tokens as text": "<|im_start|>user\n<|im_end|><|endoftext|><|eot_id|><|begin_of_text|>"
    "<|start_header_id|>assistant<|end_header_id|>\n<repo_name><file_sep><|im_end|",
    "tags": "<code>\n</code>\n<update>\n</update>\n<instruction>do</instruction>\n",
    "marker lines": "// ... existing code ...\n# … existing code …\n<!-- ... existing code ... -->\n",
    "chinese": "// 计算两个数的最大公约数,如果为零则返回另一个。\nlet 结果 = gcd(12, 18);\n",
    "japanese": "# 入力ファイルを読み込み、結果を返す。カタカナ・ひらがな\nprint('こんにちは、世界')\n",
    "korean": "/* 사용자 이름을 확인합니다 */ const 이름 = \"홍길동\";",
    "russian": "// Проверяем, что список не пуст\nраз = ДВА + три\n",
    "arabic and hebrew": "/* مرحبا بالعالم */ /* שלום עולם */",
    "hindi and thai": "नमस्ते दुनिया / สวัสดีชาวโลก",
    "accents composed": "naïve café Ångström straße İstanbul ﬁn",
    "accents decomposed": "nai\u0308ve cafe\u0301 A\u030angstro\u0308m",
    "lone combining marks": "\u0301 \u0308\u0308x \n\u0302",
    "emoji": "// 🚀 ship it 👍🏽 👩‍👩‍👧‍👦 🇩🇪 ❤️ 🤷🏻‍♀️\n",
    "mathematics": "∀x∈ℝ: ⌈x⌉ = −⌊−x⌋, α ∧ ¬β → γ ≤ ∞, 𝒳 𝟘 ∑ᵢ₌₁ⁿ",
    "unbreakable blanks": "a\u00a0b\u00a0\u00a0c \u00a0 d\u202fe\u3000f\u2003g",
    "odd separators": "a\u2028b\u2029c\u0085d\u000be\u000cf",
    "invisible": "a\u200bb\u200dc\u2060d\ufeffe\u00adf\u202eg",
    "byte order mark first": "\ufeffusing System;\n",
    "escape codes": "\x1b[31mred\x1b[0m\x00\x01\x7f",
    "last code points": "\ud7ff\ue000\uffff\U0001f9ff\U000e0001\U0010ffff",
    "punctuation": "!!!???...,,,;;:::((([[[{{{}}}]]])))<<<>>>===!==&&||??=>->::@#$%^&*~`\\/'\"",
    "punctuation then newline": "};\n});\r\n\n}, // end\n\n\n)\n",
    "operators against names": "a+b-c*d/e%f&g|h^i~j!k=l<m>n?o:p.q,r;s@t#u$v\\w",
    "snake, camel and shouting": "get_user_by_id getUserById GETUSERBYID XMLHttpRequest __init__ _x1y2 $el $$",
    "escapes in a string": '"\\n\\t\\\\\\"\\u00e9\\x41\\0" r#"raw "quoted" \\d+"# \'\\\'\'',
    "long identifier": "aVeryLongIdentifier" * 12,
    "base64": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "json": '{"name": "fast-apply", "version": "0.1.0", "nested": [[1, 2.5, -3e8], {"k": null, "ok": true}]}\n',
    "diff": "@@ -1,4 +1,5 @@\n fn main() {\n-    old();\n+    new();\n+\n }\n\\ No newline at end of file\n",
    "prose": "The quick brown fox can't jump over 13 lazy dogs; it'd rather sleep -- wouldn't you?",
}


def write_cases(path: Path, cases: list[dict]) -> None:
    """Writes the cases as JSON, one a line, in ASCII so that invisible characters show."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path.write_text(f"[\n{lines}\n]\n")
