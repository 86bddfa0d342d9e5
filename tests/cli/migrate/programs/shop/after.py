# -*- coding: utf-8 -*-
"""一个商城的支付模块：下单、查单、关单、退款、对账单和回调通知。"""
import json
import logging
import os
from random import sample
from string import ascii_letters, digits
import time

from wechatpay_chain import APIError, DecryptionError, SignatureError, WeChatPay, canonical

# 商户证书私钥
with open(os.environ['SHOP_KEY']) as f:
    PRIVATE_KEY = f.read()
with open(os.environ['SHOP_PUBLIC_KEY']) as f:
    PUBLIC_KEY = f.read()

MCHID = os.environ['SHOP_MCHID']
APPID = os.environ['SHOP_APPID']
NOTIFY_URL = 'http://127.0.0.1:1/notify'
LOGGER = logging.getLogger('shop')

# 建立连接最大超时时间是10s，读取响应的最大超时时间是30s
wxpay = WeChatPay(
    mchid=MCHID,
    serial=os.environ['SHOP_SERIAL'],
    private_key=PRIVATE_KEY,
    certs={os.environ['SHOP_PUBLIC_KEY_ID']: PUBLIC_KEY},
    apiv3_key=os.environ['SHOP_APIV3_KEY'],
    appid=APPID,
    notify_url=NOTIFY_URL,
    timeout=(10, 30),
)


def pay(out_trade_no, total, attach=None):
    # 以native下单为例，下单成功后，将prepay_id和其他必须的参数组合传递给前端的二维码
    try:
        response = wxpay.v3.pay.transactions.native.post(
            json={
                "notify_url": wxpay.notify_url,
                "description": 'demo-description',
                "out_trade_no": out_trade_no,
                "amount": {'total': total},
                **({"attach": attach} if attach else {}),
                "appid": wxpay.appid,
                "mchid": wxpay.mchid,
            },
        )
    except APIError as error:
        response = error.response
    code, message = response.status_code, response.text  # 返回状态码和文本
    result = json.loads(message)
    if code in range(200, 300):
        return {'code': 0, 'code_url': result.get('code_url')}
    return {'code': -1, 'reason': result.get('code')}


def pay_jsapi(openid, out_trade_no):
    payer = {'openid': openid}
    try:
        response = wxpay.v3.pay.transactions.jsapi.post(
            json={
                "notify_url": wxpay.notify_url,
                "description": 'demo-description',
                "out_trade_no": out_trade_no,
                "amount": {'total': 100},
                "payer": payer,
                "appid": wxpay.appid,
                "mchid": wxpay.mchid,
            },
        )
    except APIError as error:
        response = error.response
    code, message = response.status_code, response.text
    if code not in range(200, 300):
        return None
    prepay_id = json.loads(message).get('prepay_id')
    timestamp = str(int(time.time()))
    noncestr = ''.join(sample(ascii_letters + digits, 8))
    package = 'prepay_id=' + prepay_id
    sign = wxpay.credential.sign(canonical.lines(APPID, timestamp, noncestr, package))
    return {
        'appId': APPID,
        'timeStamp': timestamp,
        'nonceStr': noncestr,
        'package': 'prepay_id=%s' % prepay_id,
        'signType': 'RSA',
        'paySign': sign
    }


def state(out_trade_no):
    try:
        response = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get(
            out_trade_no=out_trade_no,
            query={"mchid": wxpay.mchid},
        )
    except APIError as error:
        response = error.response
    status, text = response.status_code, response.text
    if status == 404:
        return 'NOT FOUND ' + json.loads(text)['code']
    return json.loads(text)['trade_state']


def find(transaction_id):
    try:
        response = wxpay.v3.pay.transactions.id._transaction_id_.get(
            transaction_id=transaction_id,
            query={"mchid": wxpay.mchid},
        )
    except APIError as error:
        response = error.response
    return response.status_code, response.text


def close(out_trade_no):
    try:
        response = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.close.post(
            out_trade_no=out_trade_no,
            json={"mchid": wxpay.mchid},
        )
    except APIError as error:
        response = error.response
    code, message = response.status_code, response.text
    return code


def forget(out_trade_no):
    # 结果无所谓
    try:
        wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.close.post(
            out_trade_no=out_trade_no,
            json={"mchid": wxpay.mchid},
        )
    except APIError:
        pass  # as before, an error is ignored here
    return 'forgotten'


class Refunds:
    """退款。"""

    def __init__(self, client):
        self.wxpay = client
        self.own = None

    def apply(self, number, out_refund_no, refund, total, reason=None):
        try:
            response = wxpay.v3.refund.domestic.refunds.post(
                json={
                    "notify_url": wxpay.notify_url,
                    "out_refund_no": out_refund_no,
                    "amount": {'refund': refund, 'total': total, 'currency': 'CNY'},
                    "out_trade_no": number,
                    "reason": reason or '商品已售完',
                },
            )
        except APIError as error:
            response = error.response
        result = response.status_code, response.text
        if result[0] >= 300:
            raise RuntimeError(json.loads(result[1])['code'])
        return json.loads(result[1])['status']

    def state(self, out_refund_no):
        try:
            try:
                response = wxpay.v3.refund.domestic.refunds._out_refund_no_.get(
                    out_refund_no=out_refund_no,
                )
            except APIError as error:
                response = error.response
            code, message = response.status_code, response.text
            return code, json.loads(message).get('status')
        finally:
            LOGGER.info('asked')


def bill(day, kind='ALL'):
    try:
        response = wxpay.v3.bill.tradebill.get(
            query={
                "bill_date": day,
                "bill_type": kind,
                "tar_type": 'GZIP',
            },
        )
    except APIError as error:
        response = error.response
    code, message = response.status_code, response.text
    if code != 200:
        return code, b''
    try:
        response = wxpay[json.loads(message)['download_url']].get()
    except APIError as error:
        response = error.response
    code, content = response.status_code, response.content
    return code, content


def receive(headers, body):
    try:
        notice = wxpay.notify(headers, body)
    except (SignatureError, DecryptionError):
        result = None
    else:
        result = {**notice.raw, "resource": notice.resource}
    if result and result.get('event_type') == 'TRANSACTION.SUCCESS':
        resource = result.get('resource')
        return resource.get('out_trade_no'), resource['amount']['total']
    return 'failed'


def transfer(openid, number, name, amount):
    try:
        response = wxpay.v3.fundApp.mchTransfer.transferBills.post(
            json={
                "out_bill_no": number,
                "transfer_scene_id": '1000',
                "openid": openid,
                "transfer_amount": amount,
                "transfer_remark": '活动',
                **({"user_name": name} if name else {}),
                "transfer_scene_report_infos": [
                                                     {'info_type': '活动名称', 'info_content': '抽奖'},
                                                     {'info_type': '奖励说明', 'info_content': '一等奖'}],
                "appid": wxpay.appid,
                "notify_url": wxpay.notify_url,
            },
            sensitive="auto",
        )
    except APIError as error:
        response = error.response
    code, message = response.status_code, response.text
    return code, sorted(json.loads(message))
