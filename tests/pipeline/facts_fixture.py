"""Builders of realistic run facts: consistent figures computed from simulated answers."""

from __future__ import annotations

from pipeline.evaluation_fixture import evaluation, metric
from undercut.core.specs import MarketSpec
from undercut.core.types import GateResult, Measurement
from undercut.measures.record import PairedTest
from undercut.pipeline.facts import (
    CurveFacts,
    CurvePoint,
    DataFacts,
    PriceFacts,
    RivalFacts,
    RivalPrice,
    RunFacts,
    RungFacts,
    StepCost,
    VariantFacts,
)
from undercut.pipeline.learning_curve import read_curve

ENGLISH = [
    "activate_my_card",
    "age_limit",
    "apple_pay_or_google_pay",
    "atm_support",
    "automatic_top_up",
    "balance_not_updated_after_bank_transfer",
    "balance_not_updated_after_cheque_or_cash_deposit",
    "beneficiary_not_allowed",
    "cancel_transfer",
    "card_about_to_expire",
    "card_acceptance",
    "card_arrival",
    "card_delivery_estimate",
    "card_linking",
    "card_not_working",
    "card_payment_fee_charged",
    "card_payment_not_recognised",
    "card_payment_wrong_exchange_rate",
    "card_swallowed",
    "cash_withdrawal_charge",
    "cash_withdrawal_not_recognised",
    "change_pin",
    "compromised_card",
    "contactless_not_working",
    "country_support",
    "declined_card_payment",
    "declined_cash_withdrawal",
    "declined_transfer",
    "direct_debit_payment_not_recognised",
    "disposable_card_limits",
    "edit_personal_details",
    "exchange_charge",
    "exchange_rate",
    "exchange_via_app",
    "extra_charge_on_statement",
    "failed_transfer",
    "fiat_currency_support",
    "get_disposable_virtual_card",
    "get_physical_card",
    "getting_spare_card",
    "getting_virtual_card",
    "lost_or_stolen_card",
    "lost_or_stolen_phone",
    "order_physical_card",
    "passcode_forgotten",
    "pending_card_payment",
    "pending_cash_withdrawal",
    "pending_top_up",
    "pending_transfer",
    "pin_blocked",
    "receiving_money",
    "Refund_not_showing_up",
    "request_refund",
    "reverted_card_payment?",
    "supported_cards_and_currencies",
    "terminate_account",
    "top_up_by_bank_transfer_charge",
    "top_up_by_card_charge",
    "top_up_by_cash_or_cheque",
    "top_up_failed",
    "top_up_limits",
    "top_up_reverted",
    "topping_up_by_card",
    "transaction_charged_twice",
    "transfer_fee_charged",
    "transfer_into_account",
    "transfer_not_received_by_recipient",
    "transfer_timing",
    "unable_to_verify_identity",
    "verify_my_identity",
    "verify_source_of_funds",
    "verify_top_up",
    "virtual_card_not_working",
    "visa_or_mastercard",
    "why_verify_identity",
    "wrong_amount_of_cash_received",
    "wrong_exchange_rate_for_cash_withdrawal",
]
CHINESE = ["财经", "房产", "股票", "教育", "科技", "社会", "时政", "体育", "游戏", "娱乐"]
TEXTS = {
    "en": [
        "How do I locate my card?",
        "I still have not received my new card, I ordered over a week ago.",
        "Why was I charged a fee when I paid abroad <on Monday> & again today?",
        "My top-up was reverted, what happened to the money?",
    ],
    "zh": [
        "词汇阅读是关键 08年考研暑期英语复习全指南",
        "日本地震：金吉列关注在日学子系列报道",
        "中国人民公安大学2012年硕士研究生目录及书目",
        "北京新房均价连续三个月回落,刚需购房者重新入市",
    ],
}


def gate(verdict: str, drop: float, upper: float, rows: int) -> GateResult:
    """Return a gate result with the sentence that belongs to it."""
    reason = {
        "passed": f"the drop is below 0.5 points with 95 % confidence on {rows} rows",
        "refused": f"it loses {100 * drop:.1f} points, more than the 0.5 allowed",
        "needs-rows": "the rows cannot prove a drop below 0.5 points",
    }[verdict]
    return GateResult(
        verdict=verdict, reason=reason, reference="9f2c" * 16, max_drop=0.005, drop=drop,
        drop_upper=upper, agreement_labelled=0.992, rows=rows,
        rows_needed=4200 if verdict == "needs-rows" else None,
    )  # fmt: skip


# name, rung, backend, compression, validation accuracy, CPU-s, texts/s, MB, gate
VARIANTS = [
    ("linear", "linear", "numpy", "", 0.908, 4.1, 14_400, 19, None),
    ("linear hashed int8", "linear", "numpy", "hash-int8", 0.911, 5.2, 512_000, 5, "passed"),
    ("probe", "probe", "torch", "", 0.929, 24.0, 704, 91, None),
    ("probe int8", "probe", "onnxruntime", "int8", 0.926, 31.0, 1_831, 23, "passed"),
    ("probe+linear", "probe", "torch", "", 0.941, 32.0, 660, 110, None),
    ("probe+linear int8", "probe", "onnxruntime", "int8", 0.939, 39.0, 1_690, 42, "needs-rows"),
    ("partial+linear", "partial", "torch", "", 0.946, 112.0, 660, 110, None),
    ("partial+linear int8", "partial", "onnxruntime", "int8", 0.945, 119.0, 1_690, 42, "passed"),
    ("partial+linear int4", "partial", "onnxruntime", "int4", 0.921, 121.0, 1_910, 28, "refused"),
]


def variants(rows: int) -> list[VariantFacts]:
    """Return nine variants of three rungs at 0.05 USD a core-hour."""
    found = []
    for name, rung, backend, compression, accuracy, cpu, speed, size, verdict in VARIANTS:
        usd_per_1k = 1000 / speed * 0.05 / 3600
        drop = 0.025 if verdict == "refused" else 0.001
        upper = 0.034 if verdict == "refused" else 0.007 if verdict == "needs-rows" else 0.004
        found.append(
            VariantFacts(
                name=name, rung=rung, folder=f"runs/r1/{name.replace(' ', '-')}",
                hash=f"{abs(hash_of(name)):064x}", backend=backend, compression=compression,
                valid_quality=metric(accuracy, rows), valid_macro_f1=accuracy - 0.002,
                fit_cpu_seconds=cpu, fit_usd=cpu * 0.05 / 3600,
                usd_per_1k=usd_per_1k, usd_per_1k_at_30=usd_per_1k / 0.3,
                measured=Measurement(
                    texts_per_second=speed, p50_ms=1000 / speed + 0.4, p95_ms=2400 / speed + 0.6,
                    size_bytes=size * 1_000_000, peak_memory_bytes=(size + 160) * 1_000_000,
                    threads=1, processor="AMD EPYC", backend=backend, texts=2000,
                ),
                gate=gate(verdict, drop, upper, rows) if verdict else None,
                versus_previous=PairedTest(
                    n=rows, only_a=21, only_b=38, p_value=0.0363, difference=0.0113, low=0.0009,
                    high=0.0217, better=True,
                ) if name == "partial+linear" else None,
                promoted=name == "partial+linear int8",
            )
        )  # fmt: skip
    return found


def hash_of(name: str) -> int:
    """Return a stable number for a name."""
    return int.from_bytes(name.encode()[:16], "big")


RUNGS = [
    RungFacts(
        rung="linear", status="climbed", reason="the first rung is always climbed",
        estimated_cpu_seconds=4, estimated_usd=0.000056, cpu_seconds=9.3, usd=0.00013,
        valid_quality=0.911, usd_per_1k=0.0000000271,
    ),
    RungFacts(
        rung="probe", status="climbed",
        reason="expected gain 1.8 points is worth $9.00 a month, cost $0.00044",
        estimated_cpu_seconds=32, estimated_usd=0.00044, expected_gain=0.018, gain_worth_usd=9.0,
        cpu_seconds=126, usd=0.00175, valid_quality=0.941, usd_per_1k=0.000021,
    ),
    RungFacts(
        rung="partial", status="climbed",
        reason="expected gain 0.6 points is worth $3.00 a month, cost $0.0016",
        estimated_cpu_seconds=118, estimated_usd=0.0016, expected_gain=0.006, gain_worth_usd=3.0,
        cpu_seconds=352, usd=0.0049, valid_quality=0.946, usd_per_1k=0.000021,
    ),
    RungFacts(
        rung="full", status="skipped",
        reason="expected gain 0.1 points is inside the noise of 1,503 validation rows",
        estimated_cpu_seconds=290, estimated_usd=0.004, expected_gain=0.001, gain_worth_usd=0.5,
    ),
]  # fmt: skip


def curve() -> CurveFacts:
    """Return a learning curve whose points scatter a little around a power law."""
    sizes = [532, 1063, 2125, 3188, 4250, 6375, 8500]
    wobble = [0.004, -0.003, 0.002, -0.002, 0.001, 0.002, -0.001]
    points = []
    for n, off in zip(sizes, wobble, strict=True):
        right = round(1503 * (1 - (0.04 + 1.8 * n**-0.45) + off))
        points.append(CurvePoint(rows=n, quality=metric(right / 1503, 1503)))
    market = MarketSpec(requests_per_month=3_000_000, usd_per_label=0.08)
    return read_curve("linear", points, market)


def run_facts(language: str = "en", *, test: bool = True) -> RunFacts:
    """Return the facts of one whole run, with English or Chinese labels.

    Args:
        language: ``en`` (77 classes) or ``zh`` (10 classes).
        test: whether a test split was scored.
    """
    labels, texts = (ENGLISH, TEXTS["en"]) if language == "en" else (CHINESE, TEXTS["zh"])
    name = "banking77" if language == "en" else "新闻标题"
    found = variants(1503)
    best = next(v for v in found if v.promoted)
    prompt = "Classify the text into one of: " + ", ".join(labels) + f"\nText: {texts[0]}\nLabel:"
    day = "2026-11-21"
    return RunFacts(
        id="20261121-101502-3fa9", created_at="2026-11-21T10:15:02+00:00", undercut="0.1.0",
        processor="AMD EPYC 7B13, 2 threads",
        data=DataFacts(
            name=name, hash="c0ffee" * 10 + "beef", rows_train=8500, rows_valid=1503,
            rows_test=3080 if test else 0, labels=labels,
            class_counts={label: 60 + 7 * i % 131 for i, label in enumerate(labels)},
            warnings=[
                "14 exact duplicates across train and validation were removed from train",
                f"'{labels[2]}' has 60 rows, fewer than half of the median class",
            ],
            unknown_token_share=0.0012 if language == "en" else 0.031, licence="CC-BY-4.0",
        ),
        rungs=RUNGS, variants=found, promoted=best.name,
        valid=evaluation(labels, texts, 1503, 0.945, "validation", 3),
        test=evaluation(labels, texts, 3080, 0.944, "test", 7) if test else None,
        costs=[
            StepCost(step="check data", cpu_seconds=1.4, wall_seconds=1.4, usd=0.0000194,
                     attempts=1, cached=False),
            StepCost(step="train linear", cpu_seconds=9.3, wall_seconds=6.0, usd=0.000129,
                     attempts=1, cached=True),
            StepCost(step="train probe", cpu_seconds=126.0, wall_seconds=66.2, usd=0.00175,
                     attempts=1, cached=False),
            StepCost(step="train partial", cpu_seconds=352.0, wall_seconds=188.0, usd=0.00489,
                     attempts=2, cached=False),
            StepCost(step="compress", cpu_seconds=58.0, wall_seconds=31.0, usd=0.000806,
                     attempts=1, cached=False),
            StepCost(step="measure", cpu_seconds=44.0, wall_seconds=40.0, usd=0.000611,
                     attempts=1, cached=False),
        ],
        cost_usd=0.0082, cpu_seconds=590.7,
        price=PriceFacts(
            requests_per_month=3_000_000, usd_per_1k=best.usd_per_1k,
            usd_per_1k_at_30=best.usd_per_1k_at_30, machine_usd_per_month=36.5,
            capacity_per_month=4.44e9, price_floor_usd_per_1k=0.01683,
            price_floor_basis="full cost at 3,000,000 requests a month: machine, training, people",
            floors={"shutdown": 0.0000082, "full cost": 0.01683, "cash": None},
            break_even_requests_per_month=5_925_325,
            rivals=[
                RivalPrice(provider="groq", model="llama-3.1-8b-instant", usd_per_1k=0.00616,
                           input_tokens=420, output_tokens=6, priced_at=day),
                RivalPrice(provider="openai", model="gpt-5-nano", usd_per_1k=0.0068,
                           input_tokens=420, output_tokens=6, priced_at=day,
                           note="accuracy not measured; hidden reasoning tokens not counted"),
                RivalPrice(provider="google", model="gemini-2.5-flash-lite", usd_per_1k=0.0128,
                           input_tokens=420, output_tokens=6, priced_at=day),
                RivalPrice(provider="openai", model="gpt-4o-mini", usd_per_1k=0.0192,
                           input_tokens=420, output_tokens=6, priced_at=day),
                RivalPrice(provider="anthropic", model="claude-haiku-4-5", usd_per_1k=0.13,
                           input_tokens=420, output_tokens=6, priced_at=day),
            ],
            prompt=prompt,
            rates={"core_hour": "0.05 USD since 2026-01-01 (assumed)",
                   "person_hour": "60 USD since 2026-01-01 (assumed)",
                   "label": "0.08 USD since 2026-01-01 (assumed)"},
            verdict=("At 3,000,000 requests a month use the API: llama-3.1-8b-instant costs "
                     "$18.5 a month and your own box $36.5, used or not. Your own box wins above "
                     "5,925,325 requests a month."),
            waterfall={"serving": 0.0246, "idle": 36.4754, "training": 0.0082, "labels": 0.0,
                       "people": 14.0},
        ),
        curve=curve(),
        next_quality=[
            "Label 40 more rows of the three most confused pairs of classes: estimated +0.6 points",
            "Check the 31 rows that look mislabelled: estimated +0.3 points",
        ],
        artefact=f"runs/{name}/20261121-101502-3fa9/partial+linear-int8",
        report=f"runs/{name}/20261121-101502-3fa9/report.html",
        next_command=f"undercut serve runs/{name}/20261121-101502-3fa9/partial+linear-int8",
        did_work=True,
    )  # fmt: skip


def rival_facts(name: str = "gpt-4o-mini", right: int = 164, note: str = "a note") -> RivalFacts:
    """Return what asking a rival 200 test rows showed, ``right`` of them answered rightly."""
    import numpy as np

    from undercut.core.types import Metric
    from undercut.measures.intervals import wilson
    from undercut.measures.paired import paired_test

    def share(right):
        low, high = wilson(int(right.sum()), len(right))
        return Metric(
            value=float(right.mean()), low=float(low), high=float(high), n=len(right),
            method="wilson",
        )  # fmt: skip

    theirs, ours = np.arange(200) < right, np.arange(200) >= 12
    return RivalFacts(
        provider="openai", model=name, base_url="https://api.openai.com/v1",
        asked_at="2026-11-21", prompt="8 examples", split="test", rows=200,
        accuracy=share(theirs), own="partial+linear int8", own_accuracy=share(ours),
        versus=paired_test(theirs, ours), unparsed=5, refused=2, cut=1, unanswered=3,
        p50_ms=412.0, p95_ms=1280.0, concurrency=4, input_tokens=433.0, output_tokens=6.0,
        reasoning_tokens=0.0, tokens_counted=0, usd_per_1k=0.0686, spent_usd=0.0137,
        price="genai-prices 0.2.3, 2026-11-21", notes=[note],
    )  # fmt: skip
