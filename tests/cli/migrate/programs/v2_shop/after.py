# coding: utf-8
import os
import time

from wechatpay_chain import APIError, SignatureError, WeChatPay

client = WeChatPay(
    mchid=os.environ['SHOP_MCHID'],
    secret=os.environ['SHOP_SECRET'],
    merchant={"cert": os.environ['SHOP_CERT'], "key": os.environ['SHOP_KEY']},
    appid=os.environ['SHOP_APPID'],
    timeout=10,
)
OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'


def order(number, fee, attach=None):
    result = client.v2.pay.unifiedorder.post(
        xml={
            "appid": client.appid,
            "mch_id": client.mchid,
            "body": 'QQ公仔',
            "attach": attach,
            "out_trade_no": number,
            "fee_type": "CNY",
            "total_fee": fee,
            "spbill_create_ip": '127.0.0.1',
            "time_expire": time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + 10 * 3600)),
            "notify_url": 'http://127.0.0.1:1/v2',
            "trade_type": 'JSAPI',
            "openid": OPENID,
        },
    ).xml()
    params = client.invoke.jsapi(appid=client.appid, prepay_id=result['prepay_id'], sign_type="MD5")
    return sorted(params), params['signType'], result['trade_type']


def state(number):
    try:
        return client.v2.pay.orderquery.post(
            xml={
                "appid": client.appid,
                "mch_id": client.mchid,
                "out_trade_no": number,
            },
        ).xml()['trade_state']
    except APIError as e:
        return e.code, e.message


def refund(number, refund_no, fee, total):
    refunded = client.v2.secapi.pay.refund.post(
        xml={
            "appid": client.appid,
            "mch_id": client.mchid,
            "out_trade_no": number,
            "out_refund_no": refund_no,
            "total_fee": total,
            "refund_fee": fee,
            "refund_fee_type": "CNY",
            "op_user_id": client.mchid,
            "refund_account": "REFUND_SOURCE_UNSETTLED_FUNDS",
        },
        security=True,
    ).xml()
    found = client.v2.pay.refundquery.post(
        xml={
            "appid": client.appid,
            "mch_id": client.mchid,
            "out_refund_no": refund_no,
        },
    ).xml()
    return refunded['refund_fee'], found['refund_status_0']


def packet(number):
    sent = client.v2.mmpaymkttransfers.sendredpack.post(
        xml={
            "wxappid": client.appid,
            "mch_id": client.mchid,
            "re_openid": OPENID,
            "total_amount": 100,
            "send_name": 'shop',
            "act_name": 'act',
            "wishing": 'wish',
            "remark": 'remark',
            "client_ip": '127.0.0.1',
            "total_num": 1,
            "mch_billno": number,
        },
        security=True,
    ).xml()
    return sent['mch_billno'] == number


def bill(day):
    try:
        return client.v2.pay.downloadbill.post(
            xml={
                "appid": client.appid,
                "mch_id": client.mchid,
                "bill_date": '%s' % day.strftime('%Y%m%d'),
                "bill_type": "ALL",
            },
        ).text.splitlines()[0]
    except APIError as e:
        return e.message


def day_bill():
    return client.v2.pay.downloadbill.post(
        xml={
            "appid": client.appid,
            "mch_id": client.mchid,
            "bill_date": '20260101',
            "bill_type": "ALL",
        },
    ).text


def receive(body):
    try:
        data = {
            name: int(value)
            if name in ("total_fee", "settlement_total_fee", "cash_fee", "coupon_fee", "coupon_count")
            else value
            for name, value in client.notify_v2(body).resource.items()
        }
    except SignatureError:
        return 'FAIL'
    return data['out_trade_no'], data['total_fee'] + 1
