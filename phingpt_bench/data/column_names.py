"""The names that columns of answers, gold, ids and texts usually have, in English and Spanish."""

from __future__ import annotations

import csv
import unicodedata

from phingpt_bench.core.errors import BenchError

# the surest first
NAMES = {
    role: tuple(names.split())
    for role, names in (
        ("answer", "answer prediction predicted predict pred output response generated_text generated completion "
         "model_output model_answer model_response predicted_label predicted_text out_text raw_answer raw_output "
         "text_output llm_output logit_0 respuesta respuestas prediccion salida respuesta_modelo"),
        ("likelihoods", "log_likelihoods loglikelihoods"),
        ("gold", "gold gold_label gold_entities label true_label target reference expected ground_truth truth actual "
         "entities labels score ner_tags gold_standard etiqueta etiquetas etiqueta_real correcta esperado esperada "
         "verdad entidades referencia"),
        ("id", "id row_id example_id sample_id uid guid instance_id custom_id doc_id idx identificador"),
        ("text", "text sentence headline tweet news title document content input tokens texto oracion frase titular "
         "noticia tuit titulo contenido entrada"),
        ("document", "document_id article_id cluster_id cluster documento_id articulo_id id_documento id_articulo"),
    )
}  # fmt: skip


def plain(name: str) -> str:
    """A name as it is compared: without case and accents, with underscores for spaces and hyphens."""
    bare = unicodedata.normalize("NFD", name.strip().lower())
    bare = "".join(char for char in bare if unicodedata.category(char) != "Mn")
    return bare.replace("-", "_").replace(" ", "_")


def is_named(name: str, role: str) -> bool:
    """Whether a column of that name could have the role."""
    return plain(name) in NAMES[role]


def between_commas(option: str, listed: str) -> list[str]:
    """The parts of an option's value "a,b,c", quoted where one holds a comma; BenchError for quotes that do not fit."""
    try:
        return next(csv.reader([listed], skipinitialspace=True), [])
    except csv.Error as err:
        raise BenchError(
            "{option} cannot be read ({reason})",
            hint="separate the names by commas: {option} a,b,c",
            option=option,
            reason=err,
        ) from None
