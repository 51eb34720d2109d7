"""One calm theme: paper and ink, a pine-green accent, the system's own Chinese fonts."""

from __future__ import annotations

import gradio as gr

SANS = ("-apple-system", "BlinkMacSystemFont", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Noto Sans Mono CJK SC", "monospace")


def theme() -> gr.themes.Base:
    """The theme."""
    pine = gr.themes.Color(
        "#eef5f3", "#d8e8e4", "#b4d2cb", "#8ab8ae", "#5d9a8e", "#3d7f73", "#2d675d", "#25534b", "#1f433d", "#193531", "#0e211e"
    )
    return gr.themes.Base(primary_hue=pine, secondary_hue=pine, neutral_hue="stone", font=[*SANS, "sans-serif"], font_mono=MONO).set(
        body_background_fill="#faf9f6",
        body_background_fill_dark="#161918",
        body_text_color="#24292a",
        body_text_color_dark="#e3e6e3",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1e2221",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        input_background_fill="#ffffff",
        input_background_fill_dark="#1e2221",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_500",
        button_primary_text_color="#ffffff",
    )
