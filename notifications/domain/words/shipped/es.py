"""Spanish: usted, and forms that suit everybody."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from notifications.domain.words.purposes import Purpose
from notifications.domain.words.writing import Words

LANGUAGE = "es"
_P = Purpose

TEXTS: Mapping[Purpose, Words] = MappingProxyType(
    {
        _P.BOOK_VISIT: Words(
            "{clinic_name}: [{first_name}, ]elija fecha para su cita: {link} [Tel {clinic_phone}. ]Baja: STOP"
        ),
        _P.VISIT: Words(
            "{clinic_name}: [{first_name}, ]su cita: {weekday_date}, {time}[, {place}]. {link} "
            "[Tel {clinic_phone}. ]Baja: STOP"
        ),
        _P.VISIT_CONFIRM: Words(
            "{clinic_name}: [{first_name}, ]su cita: {weekday_date}, {time}[, {place}]. Confirme: {link} "
            "[Tel {clinic_phone}. ]Baja: STOP"
        ),
        _P.DIGEST: Words(
            "{clinic_name}: [{first_name}, ]sus fechas: {items}.[ {link}] [Tel {clinic_phone}. ]Baja: STOP"
        ),
        _P.PREPARATION: Words(
            "{clinic_name}: [{first_name}, ]prepare su cita[ del {weekday_date}]: {link} "
            "[Tel {clinic_phone}. ]Baja: STOP"
        ),
        _P.CHECK_IN: Words(
            "{clinic_name}: [{first_name}, ]queremos saber de usted. Unas preguntas breves: {link} "
            "[Tel {clinic_phone}. ]Baja: STOP"
        ),
        _P.CHECK_IN_CHASE: Words(
            "{clinic_name}: [{first_name}, ]no tenemos su respuesta. Conteste, por favor: {link} "
            "[Tel {clinic_phone}. ]Baja: STOP"
        ),
        _P.MOVED: Words(
            "{clinic_name}: [{first_name}, ]su cita cambia al {weekday_date}, {time}[, {place}]. {link} "
            "[Tel {clinic_phone}]"
        ),
        _P.CANCELLED: Words(
            "{clinic_name}: [{first_name}, ]su cita del {weekday_date}, {time}, queda anulada. "
            "Buscaremos otra fecha con usted.[ Tel {clinic_phone}]"
        ),
        _P.REPLY_STOP: Words(
            "{clinic_name}: ya no le enviaremos mensajes. Es posible que le llamemos."
            "[ Tel {clinic_phone}.] Para recibirlos de nuevo: START"
        ),
        _P.REPLY_START: Words(
            "{clinic_name}: le enviaremos de nuevo nuestros mensajes.[ Tel {clinic_phone}.] Baja: STOP"
        ),
        _P.REPLY_HELP: Words(
            "{clinic_name}: le escribimos sobre sus citas. Para hablar con nosotros, llame[ al {clinic_phone}]. "
            "Baja: STOP"
        ),
        _P.REPLY_CONFIRMED: Words(
            "{clinic_name}: gracias[, {first_name}]. [Le esperamos el {weekday_date}, {time}. ]"
            "[Tel {clinic_phone}]"
        ),
        _P.REPLY_OTHER_TIME: Words(
            "{clinic_name}: gracias[, {first_name}]. Le llamaremos para buscar otra fecha.[ Tel {clinic_phone}]"
        ),
        _P.REPLY_CANNOT_COME: Words(
            "{clinic_name}: gracias por avisar[, {first_name}]. Le llamaremos.[ Tel {clinic_phone}]"
        ),
        _P.REPLY_UNCLEAR: Words(
            "{clinic_name}: gracias. Una persona va a leer su mensaje. Si no puede esperar, llame"
            "[ al {clinic_phone}]"
        ),
    }
)

_WHEN = "Fecha: {weekday_date}\nHora: {time}\n[Lugar: {place}]\n"
_CALL = "[Si tiene alguna pregunta, llámenos al {clinic_phone}.]\n"
_FOOT = (
    "\n{clinic_name}\n[{clinic_phone}]\n\n"
    "Si no desea recibir más mensajes como este, díganoslo y dejaremos de enviarlos.\n"
)
_SIGNED = "\n{clinic_name}\n[{clinic_phone}]\n"
_WORRIED = "Si algo le preocupa ahora, no espere a que leamos sus respuestas[: llame al {clinic_phone}].\n"
_ACCOUNT = (
    "\n\nSi ha sido usted, no tiene que hacer nada. Si no, elija enseguida una contraseña nueva y avise a un "
    "administrador de su clínica.\n\n{link}\n"
)

EMAILS: Mapping[Purpose, Words] = MappingProxyType(
    {
        _P.BOOK_VISIT: Words(
            "Hola[, {first_name}]:\n\nEs el momento de concertar su próxima cita en {clinic_name}.\n\n"
            "Elija la fecha que más le convenga:\n\n{link}\n\n"
            "[También puede llamarnos al {clinic_phone}.]\nSi ya la ha concertado, no tiene que hacer nada.\n"
            + _FOOT,
            subject="{clinic_name}: concierte su próxima cita",
        ),
        _P.VISIT: Words(
            "Hola[, {first_name}]:\n\nLe recordamos su cita en {clinic_name}.\n\n" + _WHEN + "\n"
            "Vea su cita o pida otra fecha:\n\n{link}\n\n" + _CALL + _FOOT,
            subject="{clinic_name}: su cita del {weekday_date}",
        ),
        _P.VISIT_CONFIRM: Words(
            "Hola[, {first_name}]:\n\nLe esperamos en {clinic_name}.\n\n" + _WHEN + "\n"
            "Por favor, díganos si puede venir. Si la fecha no le conviene, puede pedir otra:\n\n"
            "{link}\n\n" + _CALL + _FOOT,
            subject="{clinic_name}: confirme su cita del {weekday_date}",
        ),
        _P.DIGEST: Words(
            "Hola[, {first_name}]:\n\nEsto es lo que tiene previsto en {clinic_name}.\n\n{items}\n\n"
            "[Lugar: {place}]\n\n" + _CALL + _FOOT,
            subject="{clinic_name}: sus próximas fechas",
        ),
        _P.PREPARATION: Words(
            "Hola[, {first_name}]:\n\nHay algunas cosas que conviene saber antes de su cita en {clinic_name}"
            "[ del {weekday_date}].\n\nLea, por favor, cómo prepararse:\n\n{link}\n\n" + _CALL + _FOOT,
            subject="{clinic_name}: cómo preparar su cita",
        ),
        _P.CHECK_IN: Words(
            "Hola[, {first_name}]:\n\n¿Cómo se encuentra? Le pedimos que conteste unas preguntas breves; "
            "le llevará unos dos minutos:\n\n{link}\n\n" + _WORRIED + _FOOT,
            subject="{clinic_name}: ¿cómo se encuentra?",
        ),
        _P.CHECK_IN_CHASE: Words(
            "Hola[, {first_name}]:\n\nTodavía no tenemos su respuesta. Conteste, por favor, a nuestras preguntas "
            "para que sepamos cómo se encuentra:\n\n{link}\n\n"
            + _WORRIED + "Si no tenemos noticias suyas, le llamaremos.\n" + _FOOT,
            subject="{clinic_name}: nos gustaría saber de usted",
        ),
        _P.MOVED: Words(
            "Hola[, {first_name}]:\n\nSu cita en {clinic_name} tiene una nueva fecha.\n\n" + _WHEN + "\n"
            "Vea su cita o pida otra fecha:\n\n{link}\n\n" + _CALL + _SIGNED,
            subject="{clinic_name}: nueva fecha para su cita",
        ),
        _P.CANCELLED: Words(
            "Hola[, {first_name}]:\n\nSu cita en {clinic_name} del {weekday_date}, {time}, queda anulada.\n\n"
            "Buscaremos otra fecha con usted.\n[También puede llamarnos al {clinic_phone}.]\n" + _SIGNED,
            subject="{clinic_name}: su cita del {weekday_date} queda anulada",
        ),
        _P.INVITATION: Words(
            "Hola[, {first_name}]:\n\nSu cita en {clinic_name} está reservada. Con este correo puede anotarla en su "
            "calendario.\n\n" + _WHEN + "\n"
            "Díganos aquí, por favor, si puede venir, o pida otra fecha:\n\n{link}\n\n"
            "Nadie lee las respuestas a este correo ni las de un calendario. " + _CALL + _FOOT,
            subject="{clinic_name}: su cita del {weekday_date}",
        ),
        _P.WITHDRAWN: Words(
            "Hola:\n\n{clinic_name} ya no escribe a esta dirección sobre citas. Si le enviamos una fecha para su "
            "calendario, este correo la retira.\n\n" + _CALL + _SIGNED,
            subject="{clinic_name}: fecha retirada de su calendario",
        ),
        _P.REPLY_STOP: Words(
            "Hola:\n\nYa no le enviaremos mensajes como estos. Es posible que le llamemos por teléfono.\n\n"
            "Si desea recibirlos de nuevo, díganoslo.\n" + _SIGNED,
            subject="{clinic_name}: no recibirá más mensajes",
        ),
        _P.REPLY_START: Words(
            "Hola:\n\nLe enviaremos de nuevo nuestros mensajes.\n" + _FOOT,
            subject="{clinic_name}: volverá a recibir mensajes",
        ),
        _P.REPLY_HELP: Words(
            "Hola:\n\nLe escribimos sobre sus citas en {clinic_name}.\n\n" + _CALL + _FOOT,
            subject="{clinic_name}: cómo hablar con nosotros",
        ),
        _P.REPLY_CONFIRMED: Words(
            "Hola[, {first_name}]:\n\nGracias por su respuesta. [Le esperamos el {weekday_date}, {time}.]\n\n"
            + _CALL + _SIGNED,
            subject="{clinic_name}: gracias por su respuesta",
        ),
        _P.REPLY_OTHER_TIME: Words(
            "Hola[, {first_name}]:\n\nGracias por su respuesta. Le llamaremos para buscar otra fecha.\n\n"
            + _CALL + _SIGNED,
            subject="{clinic_name}: buscaremos otra fecha",
        ),
        _P.REPLY_CANNOT_COME: Words(
            "Hola[, {first_name}]:\n\nGracias por avisarnos. Le llamaremos.\n\n" + _CALL + _SIGNED,
            subject="{clinic_name}: gracias por avisarnos",
        ),
        _P.REPLY_UNCLEAR: Words(
            "Hola:\n\nGracias por su mensaje. Una persona va a leerlo.\n\n"
            "Si no puede esperar, llámenos[ al {clinic_phone}].\n" + _SIGNED,
            subject="{clinic_name}: tenemos su mensaje",
        ),
        _P.STAFF: Words(
            "Algo le espera en Refillwise:\n\n{link}\n\nInicie sesión para ver de qué se trata. "
            "Si nadie actúa a tiempo, se avisa a la persona siguiente.\n",
            subject="Algo le espera en Refillwise",
        ),
        _P.EMERGENCY_TAKEN: Words(
            "Alguien ha tomado un acceso de emergencia en {clinic_name}: durante una hora ve pacientes y registra cuidados "
            "más allá de su función.\n\n{link}\n\nInicie sesión para ver quién y por qué, y revíselo.\n",
            subject="Acceso de emergencia en Refillwise",
        ),
        _P.PASSWORD_CHANGED: Words(
            "Se ha cambiado la contraseña de su cuenta de Refillwise." + _ACCOUNT,
            subject="Refillwise: se ha cambiado su contraseña",
        ),
        _P.FACTOR_ADDED: Words(
            "Se ha añadido un segundo factor a su cuenta de Refillwise." + _ACCOUNT,
            subject="Refillwise: segundo factor añadido",
        ),
        _P.FACTOR_REMOVED: Words(
            "Se ha quitado un segundo factor de su cuenta de Refillwise." + _ACCOUNT,
            subject="Refillwise: segundo factor quitado",
        ),
        _P.CODES_MADE: Words(
            "Se han creado nuevos códigos de recuperación para su cuenta de Refillwise. Los anteriores ya no sirven." + _ACCOUNT,
            subject="Refillwise: nuevos códigos de recuperación",
        ),
        _P.CODE_USED: Words(
            "Se ha usado un código de recuperación de su cuenta de Refillwise." + _ACCOUNT,
            subject="Refillwise: código de recuperación usado",
        ),
    }
)  # fmt: skip
