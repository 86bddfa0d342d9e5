"""Paths and verbs that are none."""

from wechatpay_chain import WeChatPay

wxpay = WeChatPay(mchid="1900000109")

wxpay.v4.pay  # E
wxpay.v3.pay.transaction  # E
wxpay.v3.pay.transactions.nativ.post(json={})  # E
wxpay.v3.pay.transactions.native.get()  # E
wxpay.v3.pay.transactions.native.push(json={})  # E
wxpay.v3.refund.domestic.refunds.out_refund_no  # E
wxpay.v2.pay.unifiedOrder.post(xml={})  # E
